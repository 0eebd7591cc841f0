import type { FakeLab } from "../../fakes/lab.ts";
import { FAKE } from "../../fakes/omadaSite.ts";
import { apply, omadaController } from "./omadaLab.ts";
import { bootOf, threeLayers } from "../layers/threeLayers.ts";

const preflight = [{ name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, timeoutSeconds: 600 }];

/** Three layers whose host has just booted, and a site whose gateway has a WAN port. */
function behindGateway(): FakeLab {
  const lab = threeLayers({ homelab: { preflight } });
  omadaController(lab);
  apply(lab, "NetworkDevice", "er605", { mac: FAKE.gateway, role: "Gateway", wan: [{ name: "WAN1" }] });
  return lab;
}

function step(lab: FakeLab): string {
  const found = bootOf(lab).steps?.find(({ name }) => name === "preflight wan");
  return `${found?.state ?? ""}: ${found?.message ?? ""}`;
}

async function untilTold(lab: FakeLab, words: string): Promise<void> {
  await lab.until(words, () => step(lab).includes(words), 60);
}

/** The recovery's step "verify network connectivity": the direct probe decides, Omada's word stands beside it (L7, L8). */
describe("the way to the outside, by probe and by Omada", () => {
  it("a probe that fails while Omada says that the WAN is online: look behind it", async () => {
    const lab = behindGateway();
    lab.wan = false;
    lab.start();
    await untilTold(lab, "1.1.1.1:443 does not answer; Omada says that WAN1 of er605 is online, so look behind it");
    lab.wan = true;
    await lab.until("it passes", () => step(lab) === "Done: ", 60);
  });

  it("a probe that fails while Omada says that the WAN is down: both say so", async () => {
    const lab = behindGateway();
    lab.wan = false;
    lab.omada.wanDown();
    lab.start();
    await untilTold(lab, "Omada says too that WAN1 of er605 is down");
  });

  it("L8: without Omada the probe alone decides, and the boot waits for neither", async () => {
    const lab = behindGateway();
    lab.omada.reachable = false;
    lab.start();
    await lab.until("it passes", () => step(lab) === "Done: ", 60);
    await lab.until("the boot is over", () => bootOf(lab).finishTime !== undefined, 120);
  });
});
