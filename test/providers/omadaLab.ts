import type { OmadaPort } from "../../controller/providers/omadaPort.ts";
import type { DeviceSeen, NetworkSeen, PortSeen, SitePart, SiteSeen } from "../../controller/providers/omadaSeen.ts";

/** What the suite needs of a site, in memory or simulated: an ER605, Cerebro (SG3428) and Antenitas (EAP225-Outdoor). */
export interface OmadaLab {
  /** A new connection; `allowed` guards its writes. */
  open(allowed?: () => void): OmadaPort;
  readonly portVlans: "port" | "profile";
  readonly readsPorts: boolean;
  /** An SSID can be changed without giving its passphrase again. */
  readonly readsPassphrases: boolean;
  /** What people do at the pages of the controller. */
  personRemovesNetwork(name: string): Promise<void>;
  /** The power of a device goes, or comes back. */
  power(device: string, on: boolean): Promise<void>;
  /** The cable of Antenitas is moved to another port of Cerebro. */
  moveCable(port: number): Promise<void>;
  wan(online: boolean): Promise<void>;
  /** The list of networks is empty, so often. */
  emptyNetworks(times: number): Promise<void>;
  /** MAC of a client on a port of Cerebro, and takes it away. */
  readonly client: string;
  clientLeaves(): Promise<void>;
  /** The controller refuses each write as busy with the site. */
  busy(on: boolean): Promise<void>;
  personMakesWlanGroup(name: string): Promise<void>;
  /** Antenitas has an SSID of its group switched on or off. */
  personSwitchesSsid(ssid: string, on: boolean): Promise<void>;
  /** Lets time pass until the condition holds; fails after what would be a minute of the lab. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

export const signal = new AbortController().signal;

export const MAC = { gateway: "1C:61:B4:2C:1B:E3", switch: "1C:61:B4:10:34:28", ap: "1C:61:B4:22:50:0D" } as const;

const ALL: ReadonlySet<SitePart> = new Set([
  "networks",
  "profiles",
  "ports",
  "wlans",
  "broadcasts",
  "frames",
  "acls",
  "groups",
  "reservations",
  "clients",
]);

/** One lab and one connection to it for each test, with every part wanted. */
export class OmadaBench {
  #lab: OmadaLab | undefined;
  #port: OmadaPort | undefined;

  get lab(): OmadaLab {
    if (this.#lab === undefined) throw new Error("the lab is not built yet");
    return this.#lab;
  }

  get port(): OmadaPort {
    if (this.#port === undefined) throw new Error("the connection is not open yet");
    return this.#port;
  }

  get seen(): SiteSeen {
    const seen = this.port.seen();
    if (seen === undefined) throw new Error(`no look yet: ${JSON.stringify(this.port.reach())}`);
    return seen;
  }

  async build(build: () => Promise<OmadaLab>): Promise<void> {
    this.#lab = await build();
    this.reopen();
  }

  reopen(allowed?: () => void): void {
    this.#port?.close();
    this.#port = this.lab.open(allowed);
    this.#port.want("suite", ALL);
    this.#port.keepBusy("suite", true);
  }

  async close(): Promise<void> {
    this.#port?.close();
    await this.#lab?.close();
  }

  /** Waits for a look with every part. */
  async ready(): Promise<void> {
    try {
      await this.lab.until("the first whole look", () => this.port.seen()?.networks !== undefined);
    } catch (cause) {
      throw new Error(`no look: ${JSON.stringify(this.port.reach())}`, { cause });
    }
  }

  /** Waits until what is seen now fits. */
  async sees(what: string, test: (seen: SiteSeen) => boolean): Promise<void> {
    try {
      await this.lab.until(what, () => test(this.seen));
    } catch (cause) {
      const { clients: _clients, devices, ...seen } = this.seen;
      const shown = JSON.stringify({ ...seen, devices: [...devices.values()] }, null, 1);
      throw new Error(`not seen: ${what}; ${JSON.stringify(this.port.reach())} ${shown}`, { cause });
    }
  }

  network(name: string): NetworkSeen | undefined {
    return this.seen.networks?.find((network) => network.name === name);
  }

  device(mac: string): DeviceSeen {
    const device = this.seen.devices.get(mac);
    if (device === undefined) throw new Error(`no device ${mac}`);
    return device;
  }

  switchPort(number: number): PortSeen {
    const port = this.device(MAC.switch).ports?.find((one) => one.number === number);
    if (port === undefined) throw new Error(`no port ${number}`);
    return port;
  }

  /** Makes a network and gives it once it is seen. */
  async makeNetwork(name: string, vlan: number, kind: "Interface" | "VLAN" = "VLAN"): Promise<NetworkSeen> {
    const wish =
      kind === "VLAN"
        ? ({ name, purpose: kind, vlan } as const)
        : ({ name, purpose: kind, vlan, gatewaySubnet: `192.168.${vlan}.1/24` } as const);
    await this.port.createNetwork(wish, signal);
    await this.sees(`network ${name}`, () => this.network(name) !== undefined);
    const made = this.network(name);
    if (made === undefined) throw new Error(`no network ${name}`);
    return made;
  }

  get primary(): NetworkSeen {
    const primary = this.seen.networks?.find((network) => network.primary);
    if (primary === undefined) throw new Error("no default network");
    return primary;
  }
}
