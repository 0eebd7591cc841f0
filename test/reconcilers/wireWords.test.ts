import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { kindOfReply } from "../../controller/providers/proxmox/refusals.ts";
import { MARK, oneGuest, until } from "./oneGuest.ts";

/** What the proxy before a node says when it has no answer (contract 1.2, 11.2). */
const words = [
  [595, "No route to host"],
  [595, "Connection timed out"],
  [596, "Connection timed out"],
  [597, "Unexpected end-of-file"],
  [598, "Request aborted"],
  [599, "Too many redirections"],
] as const;

function failure(method: "GET" | "POST", status: number, text: string): ProviderError {
  return new ProviderError(kindOfReply(method, status, text), text, { status });
}

describe("an answer that nobody gave", () => {
  for (const [status, text] of words) {
    it(`A2: ${status} ${text}, to a start: the person reads these words, and it is started once`, async () => {
      const lab = oneGuest({ is: { tags: [MARK] } });
      lab.fault("start", "after", failure("POST", status, text));
      lab.start();
      await until(lab, "Settled");
      const told = lab.kube.events.filter(({ reason }) => reason === "ProviderFailed");
      expect(told.map(({ message }) => message)).to.deep.equal([text]);
      expect(lab.calls()).to.deep.equal(["start 101"]);
    });

    it(`O3: ${status} ${text}, to every look: one incident of the host in these words, and the guest is Unknown`, async () => {
      const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
      lab.start();
      await until(lab, "Settled");
      for (let looks = 0; looks < 20; looks++) lab.fault("look", "before", failure("GET", status, text));
      await until(lab, "HostUnreachable");
      expect(lab.message("Container", "db")).to.equal(text);
      expect(lab.message("ProxmoxCluster", "pve")).to.equal(text);
      const told = lab.kube.events.filter(({ reason }) => reason === "HostUnreachable");
      expect(told.map(({ about, message }) => [about, message])).to.deep.equal([["ProxmoxCluster/lab/pve", text]]);
      await until(lab, "Settled", 300);
      expect(lab.calls()).to.deep.equal([]);
    });
  }
});
