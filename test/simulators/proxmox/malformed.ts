function complaint(raw: string): readonly [status: string, text: string, version: string] {
  if (raw.startsWith("PRI * HTTP/2")) return ["506", "http protocol version 2.0 not supported", "1.0"];
  return /^[A-Z]+ \S+ HTTP\/1/.test(raw)
    ? ["506", "unable to parse request header", "1.1"]
    : ["400", "bad request", "1.0"];
}

/** What the real server says to a request it cannot read. */
export function malformed(error: Error & { code?: string; rawPacket?: Buffer }): string {
  const raw = error.rawPacket?.toString("latin1") ?? "";
  const [status, text, version] = complaint(raw);
  const now = new Date().toUTCString();
  const head = [
    `HTTP/${version} ${status} ${text}`,
    "Cache-Control: max-age=0",
    "Connection: close",
    `Date: ${now}`,
    "Pragma: no-cache",
    "Server: pve-api-daemon/3.0",
    `Content-Length: ${String(text.length)}`,
    `Expires: ${now}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}`;
}
