import { spawn } from "node:child_process";
import type { ControlPlane } from "./controlplane/controlPlane.ts";

export interface Reply {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; -1 when it was killed. */
  readonly code: number;
}

export interface CallOptions {
  readonly stdin?: string;
  /** Be seen as this user. */
  readonly as?: { readonly user: string; readonly groups?: readonly string[] };
  readonly signal?: AbortSignal;
}

/** Runs the real kubectl against `controlPlane` as its admin. A refusal is a reply, not an exception. */
export function kubectl(
  controlPlane: Pick<ControlPlane, "kubectl" | "env">,
  args: readonly string[],
  { stdin, as, signal }: CallOptions = {},
): Promise<Reply> {
  const impersonation =
    as === undefined ? [] : [`--as=${as.user}`, ...(as.groups ?? []).map((group) => `--as-group=${group}`)];
  return new Promise((resolve, reject) => {
    const child = spawn(controlPlane.kubectl, [...args, ...impersonation], {
      env: controlPlane.env,
      stdio: ["pipe", "pipe", "pipe"],
      ...(signal === undefined ? {} : { signal }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ stdout, stderr, code: code ?? -1 });
    });
    // A kubectl that failed at once no longer reads; its exit code says why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin ?? "");
  });
}

/** The same where only success is of use: throws with what kubectl said. */
export async function kubectlOrThrow(
  controlPlane: Pick<ControlPlane, "kubectl" | "env">,
  args: readonly string[],
  options: CallOptions = {},
): Promise<string> {
  const { stdout, stderr, code } = await kubectl(controlPlane, args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}
