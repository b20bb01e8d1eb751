import { checkCount, checkOption, checkWithin } from '../argument-checks.ts';

/** What {@link ConfusionTable} stores, as JSON. */
export interface ConfusionCounts {
  /** In the order in which they came. */
  readonly classes: readonly string[];
  /** `[actual, predicted, cases]`, the first two as indices of classes. */
  readonly cells: readonly (readonly [actual: number, predicted: number, cases: number])[];
  /** Cases with a class for which there was no room. */
  readonly overflow: { readonly right: number; readonly wrong: number };
}

/**
 * How often each class was predicted where each class was true. Sparse, and bounded: it knows the first `mostClasses` classes;
 * cases of any other are counted as right or wrong only, which keeps the accuracy exact. Merges without order while all
 * classes find room.
 */
export class ConfusionTable {
  readonly #mostClasses: number;
  readonly #index = new Map<string, number>();
  /** By actual, then predicted. */
  readonly #cells: Map<number, number>[] = [];
  #right = 0;
  #wrong = 0;

  /**
   * @param mostClasses @defaultValue 100
   * @throws UnderstudyError `CONFIGURATION_INVALID` unless `mostClasses` is above 0
   */
  constructor(mostClasses = 100) {
    checkOption(mostClasses, 0, Infinity, 'mostClasses');
    this.#mostClasses = mostClasses;
  }

  #indexOf(label: string): number | undefined {
    const known = this.#index.get(label);
    if (known !== undefined || this.#index.size >= this.#mostClasses) return known;
    this.#index.set(label, this.#index.size);
    this.#cells.push(new Map());
    return this.#index.size - 1;
  }

  /** @throws UnderstudyError `INPUT_INVALID` unless `cases` is a count */
  add(actual: string, predicted: string, cases = 1): void {
    checkCount(cases, 'cases');
    const [row, column] = [this.#indexOf(actual), this.#indexOf(predicted)];
    const cells = row === undefined ? undefined : this.#cells[row];
    if (cells !== undefined && column !== undefined) cells.set(column, (cells.get(column) ?? 0) + cases);
    else if (actual === predicted) this.#right += cases;
    else this.#wrong += cases;
  }

  /**
   * Adds everything that another table has seen: pass its JSON.
   *
   * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be
   */
  merge(other: ConfusionCounts): void {
    const labelOf = (index: number): string => {
      checkWithin(index, 0, other.classes.length - 1, 'cells: index of a class');
      return other.classes[index] ?? '';
    };
    for (const [actual, predicted, cases] of other.cells) this.add(labelOf(actual), labelOf(predicted), cases);
    checkCount(other.overflow.right, 'overflow.right');
    checkCount(other.overflow.wrong, 'overflow.wrong');
    this.#right += other.overflow.right;
    this.#wrong += other.overflow.wrong;
  }

  get classes(): readonly string[] {
    return [...this.#index.keys()];
  }

  get overflow(): { readonly right: number; readonly wrong: number } {
    return { right: this.#right, wrong: this.#wrong };
  }

  /**
   * Cases by actual (rows) and predicted class (columns).
   *
   * @param labels the classes in the order that is wanted. @defaultValue all, in the order in which they came
   */
  matrix(labels: readonly string[] = this.classes): number[][] {
    const columns = labels.map((label) => this.#index.get(label) ?? -1);
    return columns.map((row) => columns.map((column) => this.#cells[row]?.get(column) ?? 0));
  }

  toJSON(): ConfusionCounts {
    const cells = this.#cells.flatMap((row, actual) =>
      [...row].map(([predicted, cases]): [number, number, number] => [actual, predicted, cases]),
    );
    return { classes: this.classes, cells, overflow: this.overflow };
  }
}
