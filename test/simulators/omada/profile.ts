/** Versions of the controller that can be simulated. */
export type Profile = "5.15" | "6.2" | "6.3";

export const PROFILES: readonly Profile[] = ["5.15", "6.2", "6.3"];

/** What the versions do differently, as far as it is no matter of a single endpoint. */
export interface Version {
  readonly controllerVer: string;
  /** An unknown path or verb is HTTP 404 or 405; later versions answer 200 with -1600. */
  readonly plainNotFound: boolean;
  /** A list without page or pageSize is HTTP 400; 5.15 answers 200 with -1001. */
  readonly missingPageIs400: boolean;
  /** Ports carry their own VLANs; 5.x has them in profiles alone. */
  readonly portVlans: boolean;
  /** The highest VLAN id that is taken. */
  readonly highestVlan: number;
}

export const VERSIONS: Readonly<Record<Profile, Version>> = {
  "5.15": {
    controllerVer: "5.15.8.12",
    plainNotFound: true,
    missingPageIs400: false,
    portVlans: false,
    highestVlan: 4090,
  },
  "6.2": {
    controllerVer: "6.2.10.17",
    plainNotFound: false,
    missingPageIs400: true,
    portVlans: true,
    highestVlan: 4094,
  },
  "6.3": {
    controllerVer: "6.3.0.45",
    plainNotFound: false,
    missingPageIs400: true,
    portVlans: true,
    highestVlan: 4094,
  },
};
