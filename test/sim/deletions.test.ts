import { histories } from "./histories.ts";

histories(
  "objects come, go and are renamed",
  ["deletions", "deletions", "courses", "intent", "people", "process"],
  20263,
);
