/** One question of a customer. */
export interface Ticket {
  readonly id: string;
  readonly text: string;
  /** Whether the customer watches the answer being written. */
  readonly streamed: boolean;
}

const TEXTS = [
  'I sent the shoes back, when do I get my refund? My card is 4111 1111 1111 1111.',
  'Where is my parcel? You can call me: +49 30 901820.',
  'I cannot log in. My address is jane.doe@example.com.',
  'I was charged twice for order 4711, IBAN DE89 3704 0044 0532 0130 00.',
  'Do you also sell gift cards?',
  'The parcel says delivered and it is not here.',
  'My money back, please; write to max@example.org.',
];

export function tickets(count: number): Ticket[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `T-${String(index + 1).padStart(3, '0')}`;
    return { id, text: `Ticket ${id}: ${TEXTS[index % TEXTS.length]}`, streamed: index % 2 === 0 };
  });
}

/** What no vendor may learn. */
export const PERSONAL = ['4111 1111 1111 1111', '901820', 'jane.doe@example.com', 'DE89 3704', 'max@example.org'];
