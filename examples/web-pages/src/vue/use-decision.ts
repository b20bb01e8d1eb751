import { type MaybeRefOrGetter, readonly, ref, type Ref, shallowRef, toValue, watch } from 'vue';

export interface Deciding<D> {
  readonly decision: Readonly<Ref<D | undefined>>;
  readonly error: Readonly<Ref<unknown>>;
  readonly isPending: Readonly<Ref<boolean>>;
}

interface Predicts<I, D> {
  predict(input: I, options: { readonly signal: AbortSignal }): Promise<D>;
}

/** The decision for an input. A newer input ends the call before it; what was decided stays until the next answer is there. */
export function useDecision<I, D>(model: Predicts<I, D>, input: MaybeRefOrGetter<I>): Deciding<D> {
  const decision = shallowRef<D>();
  const error = shallowRef<unknown>();
  const isPending = ref(true);
  const decide = async (given: I, _before: unknown, onCleanup: (end: () => void) => void): Promise<void> => {
    const call = new AbortController();
    onCleanup(() => call.abort());
    isPending.value = true;
    const [answer] = await Promise.allSettled([model.predict(given, { signal: call.signal })]);
    if (call.signal.aborted) return;
    isPending.value = false;
    error.value = answer.status === 'rejected' ? answer.reason : undefined;
    decision.value = answer.status === 'fulfilled' ? answer.value : undefined;
  };
  watch(() => toValue(input), decide, { immediate: true, deep: true });
  return { decision, error, isPending: readonly(isPending) };
}
