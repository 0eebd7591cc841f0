import { histories } from "./histories.ts";

histories("people write and touch", ["intent", "people"], 20261);
