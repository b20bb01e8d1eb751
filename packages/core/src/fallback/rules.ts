import { problemsError } from '../errors/index.ts';
import type { ContractView, Tier, TierAnswer } from '../types/index.ts';
import { type Answer, compileTable } from './compile-table.ts';
import { contractProblems } from './contract-problems.ts';
import { type ReadTable, soundTable } from './read-table.ts';
import type { Late, RuleTable } from './rule-table.ts';

/** A tier of rules, whose table can be replaced while it runs. */
export interface RulesTier<I, O> extends Tier<I, O> {
  readonly kind: 'rules';
  /** The table that answers now, as it was given. */
  readonly table: RuleTable<I, O>;
  /**
   * Takes over another table at once: the next call is answered by it. It is checked as the first one was, also against the
   * contracts of the models that use this tier; if anything is wrong the old table stays.
   *
   * @throws UnderstudyError `RULES_INVALID` with every problem.
   */
  replace(table: RuleTable<I, O>): void;
}

/**
 * A fallback tier that answers from a decision table. A row is asked in order (or by its priority) and sees the input after
 * its contract and the failure that is rescued. Where no row matches and there is no `otherwise`, where two match under
 * `unique`, or where a function of a row throws, the tier abstains and the next tier is asked.
 *
 * @throws UnderstudyError `RULES_INVALID` with every problem of the table, each with its path and row.
 */
export function rules<I, O>(table: Late<O, RuleTable<NoInfer<I>, NoInfer<O>>>): RulesTier<I, O> {
  const contracts = new Map<string, ContractView>();
  let current = prepare<I, O>(table, contracts.values());
  return {
    kind: 'rules',
    get name() {
      return current.read.name;
    },
    get version() {
      return current.read.version;
    },
    get table() {
      return current.table;
    },
    check(contract) {
      expectFits(current.read, [contract]);
      contracts.set(contract.name, contract);
    },
    answer: (input, failure) => current.answer(input, failure) as TierAnswer<O>,
    replace(next) {
      current = prepare<I, O>(next, contracts.values());
    },
  };
}

interface Prepared<I, O> {
  readonly table: RuleTable<I, O>;
  readonly read: ReadTable;
  readonly answer: Answer;
}

function prepare<I, O>(table: unknown, contracts: Iterable<ContractView>): Prepared<I, O> {
  const read = soundTable(table);
  expectFits(read, contracts);
  return { table: table as RuleTable<I, O>, read, answer: compileTable(read) };
}

function expectFits(table: ReadTable, contracts: Iterable<ContractView>): void {
  for (const contract of contracts) {
    const problems = contractProblems(table, contract);
    if (problems.length > 0)
      throw problemsError('RULES_INVALID', `the table ${table.name} for the model ${contract.name}`, problems);
  }
}
