import { dirname, join } from "node:path";
import type { ControlPlane } from "./controlplane/controlPlane.ts";
import { startController, type ControllerProcess } from "./demo/controllerProcess.ts";
import { Director } from "./demo/director.ts";
import { inkFor, type Ink } from "./demo/ink.ts";
import { Observer } from "./demo/observer.ts";
import { help, parseWish, type DemoOptions } from "./demo/options.ts";
import { apiCallsOf, recoveryOf, reportText, type Report } from "./demo/report.ts";
import { LineScreen, LiveScreen, type Screen } from "./demo/screen.ts";
import { raiseStage, type NetworkStage } from "./demo/stage.ts";
import { doubled, type SiteCall, type SiteWitness } from "./demo/siteWitness.ts";
import { container, DATABASE, storyOf } from "./demo/story.ts";
import type { Witness } from "./demo/witness.ts";

const INTERRUPTED = 130;

/** Exit codes: 0 every step was seen, 1 not, 2 the command line is wrong, 130 interrupted before the end. */
async function main(): Promise<number> {
  const wish = parseWish(process.argv.slice(2));
  switch (wish.is) {
    case "help":
      process.stdout.write(help);
      return 0;
    case "error":
      process.stderr.write(`demo: ${wish.line}\n\n${help}`);
      return 2;
    case "run":
      return await perform(wish.options);
  }
}

/** The first Ctrl-C cleans up; after a second one nothing is waited for. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      if (interrupted.signal.aborted) process.exit(INTERRUPTED);
      interrupted.abort(new Error("interrupted"));
    });
  return interrupted.signal;
}

async function perform(options: DemoOptions): Promise<number> {
  const signal = untilInterrupted();
  // Neither children nor signal handlers keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  const close: (() => Promise<void>)[] = [];
  try {
    return await playAll(options, close, signal);
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    process.stderr.write("Cleaning up …\n");
    for (const end of close.toReversed()) await end();
    clearInterval(alive);
  }
}

async function playAll(options: DemoOptions, close: (() => Promise<void>)[], signal: AbortSignal): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const ink = inkFor(out.isTTY, process.env);
  const say = (line: string): void => void out.write(`${line}\n`);
  const stage = await raiseStage({ emptyHost: options.emptyHost, network: true, say, signal }, close);
  say("The controller, with the rights of its own service account only …");
  const controller = await startController(stage.controlPlane, join(stage.controlPlane.logDirectory, "controller.log"));
  close.push(() => controller.stop());
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const screen: Screen = out.isTTY ? new LiveScreen(out, ink, seconds) : new LineScreen(out, ink, seconds);
  const observer = watch(stage.controlPlane, close);
  const director = new Director({ stage, controller, observer, screen, signal }, storyOf(options.emptyHost));
  let over = false;
  observer.onChange(() => {
    screen.show(observer.scene, over ? [] : director.progress);
  });
  await director.run();
  over = true;
  const report = await reportOf(options, director, observer, seconds());
  screen.print(reportText(report, ink));
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (!options.exit) await stayUp({ stage, controller }, screen, ink, signal);
  return report.ok ? 0 : 1;
}

function watch({ kubeconfigPath }: ControlPlane, close: (() => Promise<void>)[]): Observer {
  const observer = new Observer(kubeconfigPath);
  const over = new AbortController();
  const watching = observer.run(over.signal);
  close.push(async () => {
    over.abort();
    await watching;
  });
  return observer;
}

async function reportOf(
  options: DemoOptions,
  director: Director,
  observer: Observer,
  storySeconds: number,
): Promise<Report> {
  const { scene } = observer;
  return {
    ok: director.progress.every((step) => step.state === "seen"),
    emptyHost: options.emptyHost,
    storySeconds,
    steps: director.progress,
    boot: scene.homelab?.status?.lastBoot ?? null,
    recovery: recoveryOf(container(scene, DATABASE.name), await outageSeconds(director.witness)),
    calls: apiCallsOf(await director.witness.calls(), ({ status }) => status >= 400 || status === 0),
    site: await siteReportOf(director.site),
  };
}

async function siteReportOf(site: SiteWitness): Promise<Report["site"]> {
  const calls = await site.calls();
  const writes = await site.writes();
  const isRefused = ({ status, errorCode = 0 }: SiteCall): boolean => status !== 200 || errorCode !== 0;
  return {
    ...apiCallsOf(calls, isRefused),
    writes: apiCallsOf(writes, isRefused).byKind,
    doubled: doubled(writes),
    writesAtRest: (await site.writesAtRest()).length,
  };
}

async function outageSeconds(witness: Witness): Promise<number | null> {
  const crash = await witness.happened("crashed", DATABASE.vmid);
  const back = crash === undefined ? undefined : await witness.happened("serves", DATABASE.vmid, crash);
  return crash === undefined || back === undefined ? null : (back - crash) / 1000;
}

interface Running {
  readonly stage: NetworkStage;
  readonly controller: ControllerProcess;
}

/** Leaves everything running until Ctrl-C, or until something of it ends. */
async function stayUp({ stage, controller }: Running, screen: Screen, ink: Ink, signal: AbortSignal): Promise<void> {
  screen.print(
    [
      ink("bold", "It stays up until Ctrl-C. In another terminal:"),
      "",
      `  export KUBECONFIG=${stage.controlPlane.kubeconfigPath}`,
      `  export PATH=${dirname(stage.controlPlane.kubectl)}:$PATH     # kubectl`,
      `  kubectl get hl,hll,hct`,
      `  kubectl patch hl nosotros --type merge -p '{"spec":{"powerState":"Running"}}'     # boot again`,
      `  kubectl annotate hct homeassistant119 homelab.neuralcodelab.com/restarted-at="$(date)"     # end the hold`,
      `  kubectl describe hct dbempleosdelatlantico     # its story`,
      `  curl -X POST ${stage.simulator.adminUrl}/guests/159/crash     # kill the database`,
      `  kubectl get homada,hnet,hdev,hwlan,hacl,hclients     # the network`,
      `  curl -X PATCH ${stage.site.adminUrl}/devices/Antenitas -d '{"online":false}'     # cut the access point off`,
      `  curl ${controller.metricsUrl}`,
      `  less ${stage.controlPlane.logDirectory}/controller.log`,
      "",
    ].join("\n"),
  );
  const asked = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve(undefined);
    });
    if (signal.aborted) resolve(undefined);
  });
  const broken = await Promise.race([asked, stage.controlPlane.broken, controller.broken]);
  if (broken !== undefined) throw new Error(broken);
}

process.exitCode = await main();
