/** A probe as people write it; the schema's defaults fill in the rest. */
export type WrittenProbe = { readonly name: string } & (
  | { readonly tcpSocket: { readonly port: number } }
  | { readonly httpGet: { readonly port: number; readonly path: string } }
  | { readonly dns: { readonly name: string } }
  | { readonly postgres: { readonly port: number } }
);

/** Where a service belongs when nothing else says so: what others need comes first. */
export type Rank = "foundation" | "data" | "apps" | "media";

/** Software that homelabs run, known by words in a guest's name, tags or description. */
export interface KnownService {
  readonly name: string;
  readonly words: RegExp;
  readonly rank: Rank;
  /** On the ports its maker documents as default. Empty: it listens on nothing that can be asked. */
  readonly probes: readonly WrittenProbe[];
}

function service(name: string, words: RegExp, rank: Rank, ...probes: readonly WrittenProbe[]): KnownService {
  return { name, words, rank, probes };
}

const tcp = (name: string, port: number): WrittenProbe => ({ name, tcpSocket: { port } });
const http = (port: number, path: string): WrittenProbe => ({ name: "web", httpGet: { port, path } });
/** A zone that every home resolver answers for, if only with "no such name" (RFC 8375). */
const resolver: WrittenProbe = { name: "dns", dns: { name: "home.arpa" } };

/** The first that matches counts. */
const KNOWN: readonly KnownService[] = [
  service("Omada controller", /omada/, "foundation", tcp("web", 8043)),
  service("UniFi controller", /unifi/, "foundation", tcp("web", 8443)),
  service("Pi-hole", /pi-?hole/, "foundation", resolver),
  service("AdGuard Home", /adguard/, "foundation", resolver),
  service("DNS server", /\b(dns|bind9?|unbound|technitium)\b/, "foundation", resolver),
  service("Twingate connector", /twingate/, "foundation"),
  service("Tailscale", /tailscale/, "foundation"),
  service("WireGuard", /wireguard|wg-easy/, "foundation"),
  service("firewall", /pfsense|opnsense|openwrt/, "foundation", tcp("web", 443)),
  service("Prometheus", /prometheus/, "foundation", http(9090, "/-/healthy")),
  service("Grafana", /grafana/, "foundation", http(3000, "/api/health")),
  service("monitoring", /monitoring|uptime-?kuma|zabbix/, "foundation"),
  service("PostgreSQL", /postgres|pgsql|timescale/, "data", { name: "db", postgres: { port: 5432 } }),
  service("MariaDB or MySQL", /mariadb|mysql/, "data", tcp("db", 3306)),
  service("MongoDB", /mongo/, "data", tcp("db", 27017)),
  service("Redis", /redis|valkey/, "data", tcp("db", 6379)),
  service("InfluxDB", /influx/, "data", http(8086, "/health")),
  service("MinIO", /minio/, "data", http(9000, "/minio/health/live")),
  service("file server", /truenas|\bnas\b|samba|\bnfs\b|openmediavault/, "data"),
  service("database", /database|\bdb[-0-9]|^db[a-z]/, "data"),
  service("Home Assistant", /home-?assistant|hass(io|os)?\b/, "media", tcp("web", 8123)),
  service("Jellyfin", /jellyfin/, "media", http(8096, "/health")),
  service("Plex", /plex/, "media", tcp("web", 32400)),
  service("Frigate", /frigate/, "media", tcp("web", 5000)),
  service("CasaOS", /casaos/, "media", tcp("web", 80)),
  service("video recorder", /\bnvr|surveillance|zoneminder|shinobi/, "media"),
  service("Ollama", /ollama/, "apps", tcp("api", 11434)),
  service("Gitea or Forgejo", /gitea|forgejo/, "apps", http(3000, "/api/healthz")),
  service("Nextcloud", /nextcloud/, "apps", http(80, "/status.php")),
  service("NodeBB", /nodebb/, "apps", tcp("web", 4567)),
];

/** What the words of a guest say it is; undefined when they say nothing. */
export function knownService(...words: readonly (string | undefined)[]): KnownService | undefined {
  const text = words.map((word) => word?.toLowerCase() ?? "");
  return KNOWN.find((known) => text.some((word) => known.words.test(word)));
}
