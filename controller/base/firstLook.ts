/** What this needs of a connection to either side. */
interface Looking<S> {
  seen(): S | undefined;
  reach(): { readonly is: string; readonly message?: string };
  onChange(listener: () => void): () => void;
}

/** Resolves with the first good look that is whole; throws what keeps it from coming. */
export async function firstLook<S>(port: Looking<S>, isWhole: (seen: S) => boolean, signal: AbortSignal): Promise<S> {
  const changed = Promise.withResolvers<S>();
  const look = (): void => {
    const seen = port.seen();
    const reach = port.reach();
    if (seen !== undefined && isWhole(seen)) changed.resolve(seen);
    else if (reach.is !== "connecting" && reach.is !== "reachable") changed.reject(new Error(reach.message));
  };
  const abort = (): void => {
    changed.reject(signal.reason as Error);
  };
  const end = port.onChange(look);
  signal.addEventListener("abort", abort, { once: true });
  look();
  try {
    return await changed.promise;
  } finally {
    end();
    signal.removeEventListener("abort", abort);
  }
}
