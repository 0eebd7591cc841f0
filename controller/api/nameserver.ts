import { z } from "zod";
import { withRules } from "./fields.ts";

export const nameserver = withRules(z.string().max(45), {
  rule: "isIP(self)",
  message: "a name server is an IP address: write 192.168.0.1",
}).describe("An IP address.");
