import type { OmadaPort } from "../../controller/providers/omadaPort.ts";
import { FakeController, type FakeOmadaPortOptions } from "./omadaController.ts";
import { FakeOmadaPort } from "./omadaPort.ts";

/** One site of an Omada controller in memory, and ports to it that look at it with the controller's own poller. */
export class FakeOmada extends FakeController {
  /** A connection of a fresh process. Close it when the process ends. */
  port(options: FakeOmadaPortOptions = {}): OmadaPort {
    return new FakeOmadaPort(this, options).port;
  }
}
