/** IPv4 arithmetic. */
export function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

export function isSubnet(text: string): boolean {
  const [address = "", prefix = "", more] = text.split("/");
  return (
    more === undefined && isIpv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= 30
  );
}

export function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Network and broadcast address of "192.168.20.1/24", as unsigned numbers. */
export function rangeOf(subnet: string): Range {
  const [address = "", prefix = "32"] = subnet.split("/");
  const size = 2 ** (32 - Number(prefix));
  const first = Math.floor(numberOf(address) / size) * size;
  return { first, last: first + size - 1 };
}

export const holds = (range: Range, address: string): boolean =>
  numberOf(address) >= range.first && numberOf(address) <= range.last;
export const overlap = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last;
