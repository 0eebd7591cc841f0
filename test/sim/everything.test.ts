import { histories } from "./histories.ts";

histories("everything happens", ["intent", "people", "hosts", "faults", "deletions", "process"], 20264);
