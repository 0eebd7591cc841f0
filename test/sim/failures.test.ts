import { histories } from "./histories.ts";

histories("hosts, servers and processes fail", ["hosts", "faults", "process", "people", "odd"], 20262);
