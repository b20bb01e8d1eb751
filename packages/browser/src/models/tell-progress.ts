/** Tells a function of the user's how far something has come. What it throws goes to `failed`, also where it answers with a promise. */
export function tellProgress<P>(
  onProgress: ((progress: P) => unknown) | undefined,
  progress: P,
  failed: (error: unknown) => void,
): void {
  try {
    Promise.resolve(onProgress?.(progress)).catch(failed);
  } catch (error) {
    failed(error);
  }
}
