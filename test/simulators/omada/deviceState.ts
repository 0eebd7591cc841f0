import type { Device } from "./world.ts";

/** Detail statuses (contract §3.3). */
export const DETAIL = {
  disconnected: 0,
  provisioning: 10,
  configuring: 11,
  rebooting: 13,
  connected: 14,
  pending: 20,
  adopting: 22,
  adoptFailed: 24,
  heartbeatMissed: 30,
} as const;

export function detailOf(device: Device, now: number): number {
  return device.phases.find((phase) => phase.until > now)?.detail ?? device.settled;
}

/** 0 disconnected, 1 connected, 2 pending, 3 heartbeat missed, 4 isolated. */
export function categoryOf(device: Device, now: number): number {
  const detail = detailOf(device, now);
  return detail < 10 ? 0 : Math.floor(detail / 10);
}

export function isConnected(device: Device, now: number): boolean {
  return categoryOf(device, now) === 1 && detailOf(device, now) !== DETAIL.rebooting;
}

/** A write that concerns it: it configures itself for that long, once it is connected. */
export function configure(device: Device, now: number, ms: number): void {
  if (detailOf(device, now) !== DETAIL.connected && detailOf(device, now) !== DETAIL.configuring) return;
  device.phases = [{ detail: DETAIL.configuring, until: now + ms }];
}

/** Nothing is heard of it any more: heartbeat missed first, then disconnected. */
export function disconnect(device: Device, now: number, heartbeatMs: number): void {
  device.phases = [{ detail: DETAIL.heartbeatMissed, until: now + heartbeatMs }];
  device.settled = DETAIL.disconnected;
  device.lastSeen = now;
}

export function connect(device: Device, now: number): void {
  device.phases = [];
  device.settled = DETAIL.connected;
  device.upSince = now;
}

/** Steps of so many milliseconds each: adopting, provisioning, configuring, connected; or adoption failed. */
export function adopt(device: Device, now: number, stepMs: number, fails: boolean): void {
  const steps = fails ? [DETAIL.adopting] : [DETAIL.adopting, DETAIL.provisioning, DETAIL.configuring];
  device.phases = steps.map((detail, index) => ({ detail, until: now + stepMs * (index + 1) }));
  device.settled = fails ? DETAIL.adoptFailed : DETAIL.connected;
  device.upSince = now;
}

export function reboot(device: Device, now: number, ms: number): void {
  device.phases = [
    { detail: DETAIL.rebooting, until: now + ms / 4 },
    { detail: DETAIL.disconnected, until: now + ms },
  ];
  device.upSince = now + ms;
}

/** "2day(s) 3h 4m 5s", as lists show it. */
export function uptimeText(seconds: number): string {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const rest = `${Math.floor(seconds / 60) % 60}m ${seconds % 60}s`;
  return `${days > 0 ? `${days}day(s) ` : ""}${hours > 0 ? `${hours}h ` : ""}${rest}`;
}

export function uptimeSeconds(device: Device, now: number): number {
  return isConnected(device, now) ? Math.max(0, Math.floor((now - device.upSince) / 1000)) : 0;
}
