// The checker: a pure function over what was recorded and what is stored. Everything that breaks Sotto's promise is one
// violation, { rule, detail }.
//
// A conversation is
//   users       the two names
//   stored      { last_seq, marks: { name: seq }, rows } from the database
//   operations  of all writers, in the order in which they began: { kind, writer, user, start, end, attempts, doubts,
//               status, … }. No status: the writer gave up, and it may have been carried out once, at any time after
//               its start. `doubts` are the attempts of which the same is true, also where a later one was answered
//                 send, repeat  label, key, content, answer
//                 edit          label, text, answer
//                 delete        label
//                 mark          seq
//   reads       answers of GET /messages: { user, start, end, way, from, per_page, messages, total, … }
//   inboxes     { user, start, end, last_seq, my_read_seq, their_read_seq }
//   screens     live clients: { user, name, messages, events }
//   crashes     when MariaDB was killed

import { checkLive } from './live.mjs';
import { checkMarks } from './marks.mjs';
import { checkNumbers } from './numbers.mjs';
import { checkReads } from './reads.mjs';
import { checkSends } from './sends.mjs';
import { History } from './versions.mjs';

const checks = [checkSends, checkNumbers, checkReads, checkMarks, checkLive];

/** All violations in this conversation. */
export function checkConversation(conversation) {
    const { users, stored = { last_seq: 0, marks: {}, rows: [] }, operations } = conversation;
    const violations = [];
    const report = (rule, detail) => violations.push({ rule, detail: `${users.join(' and ')}: ${detail}` });
    const history = new History(operations, report);
    for (const check of checks) check({ ...conversation, stored, history }, report);
    return violations;
}
