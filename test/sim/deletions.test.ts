import { histories } from "./histories.ts";

histories("objects come, go and are renamed", ["deletions", "deletions", "intent", "people", "process"], 20263);
