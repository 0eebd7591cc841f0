import type { MutationName, ProxmoxPort } from "../providers/port.ts";
import type { OmadaPort } from "../providers/omadaPort.ts";

type OmadaRead =
  "seen" | "reach" | "sure" | "tlsVerified" | "onChange" | "hurry" | "keepBusy" | "want" | "mark" | "close";

const PROXMOX: Readonly<Record<MutationName, true>> = {
  start: true,
  shutdown: true,
  create: true,
  createMachine: true,
  destroy: true,
  configure: true,
  resize: true,
  createSnapshot: true,
  deleteSnapshot: true,
  migrate: true,
  download: true,
  configureByTask: true,
};

const OMADA: Readonly<Record<Exclude<keyof OmadaPort, OmadaRead>, true>> = {
  createNetwork: true,
  updateNetwork: true,
  deleteNetwork: true,
  createProfile: true,
  updateProfile: true,
  deleteProfile: true,
  setPort: true,
  setRadio: true,
  renameDevice: true,
  setWlanGroup: true,
  createWlan: true,
  updateWlan: true,
  deleteWlan: true,
  createAcl: true,
  updateAcl: true,
  deleteAcl: true,
  orderAcls: true,
  createGroup: true,
  updateGroup: true,
  deleteGroup: true,
  setReservation: true,
  deleteReservation: true,
  renameClient: true,
};

/** Its reads; every call that would change something is rejected before it reaches the port. */
export function readOnlyProxmox(port: ProxmoxPort): ProxmoxPort {
  return without(port, PROXMOX);
}

export function readOnlyOmada(port: OmadaPort): OmadaPort {
  return without(port, OMADA);
}

function without<P extends object>(port: P, mutations: Readonly<Record<string, true>>): P {
  return new Proxy(port, {
    get(target, name) {
      if (typeof name === "string" && mutations[name] === true) return refuse;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
}

function refuse(): Promise<never> {
  return Promise.reject(new Error("a plan changes nothing"));
}
