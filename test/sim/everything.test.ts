import { histories } from "./histories.ts";

histories(
  "everything happens",
  ["intent", "people", "hosts", "faults", "deletions", "process", "kubernetes", "odd"],
  20264,
);
