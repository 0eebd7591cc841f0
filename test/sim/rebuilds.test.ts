import { histories } from "./histories.ts";

histories(
  "Kubernetes is rebuilt, others act, tasks end oddly",
  ["kubernetes", "courses", "odd", "process", "deletions", "people"],
  20266,
);
