// Read marks: never back, never lost, never beyond what somebody has read or written.

import { crashAfter } from './crashes.mjs';
import { isAcknowledged } from './versions.mjs';

export function checkMarks({ users, stored, operations, inboxes, crashes }, report) {
    for (const user of users) {
        // Sending marks what came before as read.
        const moves = operations
            .filter(({ kind, user: mover }) => mover === user && (kind === 'mark' || kind === 'send'))
            .map((operation) => ({
                ...operation,
                seq: operation.kind === 'mark' ? operation.seq : operation.answer?.seq,
            }));
        const seen = inboxes.map(({ user: reader, start, end, my_read_seq: mine, their_read_seq: theirs }) => ({
            start,
            end,
            seq: reader === user ? mine : theirs,
        }));
        const acknowledged = (time) =>
            Math.max(0, ...moves.filter((move) => isAcknowledged(move) && move.end < time).map((move) => move.seq));
        /** What was seen, as far as it has to be there at `time`. */
        const lasting = (observation, time) => {
            const crash = crashAfter(observation, crashes);
            return crash < time ? Math.min(observation.seq, acknowledged(crash)) : observation.seq;
        };
        const final = { start: Infinity, end: Infinity, seq: stored.marks[user] ?? 0 };

        for (const { start, end, seq } of [...seen, final]) {
            const least = acknowledged(start);
            if (seq < least) report('a read mark is lost', `${user}'s is ${seq}, and ${least} was acknowledged`);
            const earlier = seen.filter((other) => other.end < start);
            const before = Math.max(0, ...earlier.map((other) => lasting(other, start)));
            if (seq < before) report('a read mark goes back', `${user}'s from ${before} to ${seq}`);
            const unknown = moves.some((move) => move.kind === 'send' && move.seq === undefined && move.start <= end);
            const most = Math.max(0, ...moves.filter((move) => move.start <= end && move.seq).map((move) => move.seq));
            if (seq > (unknown ? stored.last_seq : most)) report('a read mark from nowhere', `${user}'s is ${seq}`);
        }
        if (final.seq > stored.last_seq)
            report('a read mark from nowhere', `${user}'s is ${final.seq} of ${stored.last_seq}`);
    }
}
