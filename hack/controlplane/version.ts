/** The Kubernetes release that tests, demo and `--standalone` run on; go.mod pins the same one. */
export const kubernetesVersion = "v1.37.2";

/** Smallest build first, so that a machine that cannot build says so early. */
export const programs = ["etcd", "kubectl", "kube-apiserver", "kube-controller-manager"] as const;
export type Program = (typeof programs)[number];

/** Where each program is found, as an absolute path. */
export type Binaries = Readonly<Record<Program, string>>;

/** One line for a person about what goes on. */
export type Say = (line: string) => void;
