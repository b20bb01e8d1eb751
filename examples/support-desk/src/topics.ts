/** What customers write about, what the handbook says of it, and the sentences that an answer is made of. */
export const TOPICS = {
  refund: {
    words: /refund|money back/i,
    rule: 'A refund goes to the means of payment that was used, within five working days after the goods are here.',
    answer:
      'We have noted your refund. As soon as the goods have arrived in our warehouse it goes to the means of payment that you used; that takes five working days. You do not need to do anything else.',
  },
  delivery: {
    words: /parcel|delivery|where is/i,
    rule: 'A parcel counts as lost ten days after it was sent; then it is sent again without a question.',
    answer:
      'Your parcel has left our warehouse. If it is not with you ten days after it was sent, it counts as lost, and we send it again at once and at no cost to you.',
  },
  password: {
    words: /password|log in|login/i,
    rule: 'Nobody at the desk can see or set a password; the link for a new one is on the page to log in.',
    answer:
      'Please ask for a new password on the page to log in. The link that you get works for an hour. We cannot see your password, and will never ask you for it.',
  },
  invoice: {
    words: /invoice|bill|charged/i,
    rule: 'A charge that came twice is cancelled by the desk at once if both have the same order number.',
    answer:
      'We have looked at your invoice. Both charges have the same order number, so one of them has been cancelled; you will see it on your next statement.',
  },
  other: {
    words: /./,
    rule: 'Everything else goes to a colleague, who answers within a working day.',
    answer:
      'We have given your question to a colleague who knows more about it. You will have an answer within one working day, by the way on which you wrote to us.',
  },
} as const;

export type Topic = keyof typeof TOPICS;

export function topicOf(text: string): Topic {
  const names = Object.keys(TOPICS) as Topic[];
  return names.find((name) => TOPICS[name].words.test(text)) ?? 'other';
}
