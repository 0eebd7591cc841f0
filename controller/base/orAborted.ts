/**
 * What the promise gives, or the signal's reason as soon as it is aborted: for calls that wait on whatever the signal
 * says. What becomes of the promise afterwards is not heard.
 */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const given = Promise.withResolvers<never>();
  const giveUp = (): void => {
    given.reject(signal.reason);
  };
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([promise, given.promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
