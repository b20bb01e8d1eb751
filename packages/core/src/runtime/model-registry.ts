import { UnderstudyError } from '../errors/index.ts';
import type { AnyContract, AnyOptions } from '../model/any-definition.ts';
import { checkDefinition, type DefinitionContext } from '../model/definition/check-definition.ts';
import { ManagedModel } from '../model/managed-model.ts';
import type { ModelDependencies } from '../model/model-dependencies.ts';

/** The models of one runtime. */
export class ModelRegistry {
  readonly models = new Map<string, ManagedModel>();
  readonly #dependencies: ModelDependencies;
  /** Models that others have replaced, until they are closed. */
  readonly #replaced = new Set<Promise<unknown>>();

  constructor(dependencies: ModelDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Defines a model, with the types erased.
   *
   * @throws UnderstudyError `CONFIGURATION_INVALID`, `DUPLICATE_MODEL`, `CLOSED`
   */
  define(contract: AnyContract, definition: AnyOptions): ManagedModel {
    if (this.#dependencies.closed())
      throw new UnderstudyError('CLOSED', 'This runtime has been closed: create another one to define models.');
    const ranges = checkDefinition(contract, definition, this.#context());
    if (this.models.has(contract.name) && definition.replace !== true) {
      throw new UnderstudyError(
        'DUPLICATE_MODEL',
        `A model "${contract.name}" is defined already in this runtime: give it another name, or say replace: true.`,
        { details: { model: contract.name } },
      );
    }
    const model = new ManagedModel(contract, definition, ranges, this.#dependencies);
    const replaced = this.models.get(contract.name);
    this.models.set(contract.name, model);
    if (replaced !== undefined) this.#retire(replaced);
    return model;
  }

  /** Closes every model; waits also for those that were replaced. */
  async close(): Promise<void> {
    await Promise.all([...this.models.values()].map((model) => model.close()).concat([...this.#replaced].map(settled)));
  }

  /** Closes a model that another has replaced, once its calls in flight have ended; what fails then is told by `close()`. */
  #retire(model: ManagedModel): void {
    const closing = model.close();
    this.#replaced.add(closing);
    closing.then(
      () => this.#replaced.delete(closing),
      () => undefined,
    );
  }

  #context(): DefinitionContext {
    const { store, signer } = this.#dependencies;
    const keeps = !store.volatile || store.acceptLoss === true;
    return {
      storeProblem: keeps
        ? undefined
        : `needs a store that outlives this process, or a deploy undoes it: give createUnderstudy a store of @understudy/node (redis, postgres, sqlite), or memoryStore({ acceptLoss: true })`,
      trustsOutcomes: signer?.keyed === true,
      storeShares: keeps && store.remember !== undefined && store.recall !== undefined,
    };
  }
}

async function settled(work: Promise<unknown>): Promise<void> {
  await work;
}
