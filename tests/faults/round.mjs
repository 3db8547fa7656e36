// One round: people who write, read and watch; faults; an end to the faults; quiet; and the check of it all.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Device, mapInParallel, signUpDevices } from '../e2e/support/https.mjs';
import { mainPid } from '../e2e/support/processes.mjs';
import { stack } from '../e2e/support/settings.mjs';
import { breakStack } from './breakages.mjs';
import { checkConversation } from './checker/check.mjs';
import { isAcknowledged } from './checker/versions.mjs';
import { storedConversation } from './database.mjs';
import { carryOut, drawPlan } from './nemesis.mjs';
import { isReady } from './ready.mjs';
import { Screen } from './screen.mjs';
import { Reader, Writer } from './workload.mjs';

const server = { url: stack.url, ca: readFileSync(stack.ca) };
const peopleNames = ['ann', 'ben', 'cem', 'dia'];
const pairs = [
    [0, 1],
    [2, 3],
    [0, 2], // so that ann and cem have two conversations each
];

class NotQuiet extends Error {}

async function within(seconds, what, work) {
    const timeout = new AbortController();
    const late = pause(seconds * 1000, undefined, { signal: timeout.signal }).then(() => {
        throw new NotQuiet(`${what}: not within ${seconds} s`);
    });
    late.catch(() => {});
    return Promise.race([work, late]).finally(() => timeout.abort());
}

async function until(seconds, what, condition) {
    const over = new AbortController();
    const wait = async () => {
        while (!over.signal.aborted && !(await condition())) await pause(50);
    };
    await within(seconds, what, wait()).finally(() => over.abort());
}

/** A condition for `until`: a connection may still break, as nginx's of before a reload do. */
const succeeds = (work) => () =>
    work().then(
        () => true,
        () => false,
    );

/** Everybody of a round, with what they note down for each conversation. */
async function gather(random, roundName, edits) {
    const names = peopleNames.map((name) => `${name}-${roundName}`);
    const devices = await mapInParallel(names, 2, (name) => signUpDevices(server, name, 2));
    const screens = devices.flatMap((ofUser, i) =>
        ofUser.map((device, n) => new Screen({ user: names[i], device, server, stream: n === 1 })),
    );
    const conversations = pairs.map((pair) => {
        const users = pair.map((i) => names[i]);
        return { users, operations: [], reads: [], inboxes: [] };
    });
    const [writers, readers] = [[], []];
    pairs.forEach((pair, c) => {
        for (const [user, peer] of [pair, [...pair].reverse()]) {
            const common = { user: names[user], peer: names[peer], record: conversations[c] };
            devices[user].forEach(({ token }, n) => {
                const id = `w${c}.${user}.${n}`;
                writers.push(
                    new Writer({
                        ...common,
                        id,
                        edits,
                        device: new Device({ ...server, token }),
                        random: random.of(id),
                    }),
                );
            });
            const id = `r${c}.${user}`;
            readers.push(
                new Reader({
                    ...common,
                    device: new Device({ ...server, token: devices[user][0].token }),
                    random: random.of(id),
                }),
            );
        }
    });
    const inUse = [...devices.flat(), ...[...writers, ...readers].map(({ device }) => device)];
    return { conversations, writers, readers, screens, close: () => inUse.forEach((device) => device.close()) };
}

/** What each screen shows of one conversation. */
function shownOf(screens, [one, other]) {
    return screens
        .filter(({ user }) => user === one || user === other)
        .map((screen, i) => ({
            user: screen.user,
            name: `screen ${i}`,
            messages: screen.conversation(screen.user === one ? other : one),
            events: screen.events.filter((event) => [one, other].includes(event.with)),
        }));
}

/**
 * Waits until all has been answered and shown, each within `patience` seconds: what the load has left, a last message
 * of each writer, a last edit, and what live clients ask for when the hub has been away.
 */
async function settle({ writers, readers, screens, conversations }, working, patience) {
    await until(60, 'the stack answers again', isReady);
    await within(patience, 'every call is answered', working);
    await within(patience, 'the last messages are stored', Promise.all(writers.map((writer) => writer.send())));
    const complete = () =>
        conversations.every(({ users, operations }) => {
            const last = Math.max(0, ...operations.map(({ answer }) => answer?.seq ?? 0));
            return shownOf(screens, users).every(({ messages }) => messages.length >= last);
        });
    await until(patience, 'the live clients have everything', complete);

    // Nothing but these edits tells one who has read the newest page that it has changed.
    await until(
        patience,
        'the newest page is read',
        succeeds(() => Promise.all(readers.map((reader) => reader.again()))),
    );
    await within(patience, 'the last edits are stored', Promise.all(writers.map((writer) => writer.edit())));
    const resyncs = screens.map((screen) => screen.resyncs);
    await until(patience, 'the hub runs', () => mainPid('hub'));
    process.kill(mainPid('hub'), 'SIGKILL');
    await until(patience, 'the live clients are back', () => screens.every((screen, i) => screen.resyncs > resyncs[i]));
    await until(
        patience,
        'screens are read again',
        succeeds(() => Promise.all(screens.map((screen) => screen.refresh()))),
    );
    await until(
        patience,
        'all is read again',
        succeeds(() => Promise.all(readers.map((reader) => reader.readAll()))),
    );
}

/**
 * Plays one round.
 *
 * @param {object} options
 *   random     a Random, of which everything is drawn
 *   name       part of the users' names, unique in this database
 *   seconds    of load and faults
 *   proxy      the DatabaseProxy
 *   breakage   one of breakages.mjs
 *   calm       whether there are no faults but those that the breakage takes
 *   log        (line) => void
 * @returns { plan, counts, violations, settledMs }
 */
export async function playRound({ random, name, seconds, proxy, breakage = {}, calm = false, log }) {
    const certain = breakage.faults ?? [];
    const plan = calm
        ? certain.map((kind) => ({ lane: 0, at: 0.7 * seconds, kind, seconds: 0.2 }))
        : drawPlan(random.of('faults'), seconds, certain);
    // MariaDB 10.11.19 loses a row that it can't make longer for want of room: docs/reliability.md.
    const edits = plan.every(({ kind }) => kind !== 'disk full');
    const people = await gather(random, name, edits);
    const mend = breakStack(breakage, proxy);
    const patience = breakage.caught ? 4 : 60; // where something is broken, waiting may be in vain
    const over = new AbortController();
    for (const screen of people.screens) screen.start();
    const { conversations, writers, readers, screens } = people;
    const violations = [];
    const crashes = [];
    const working = Promise.all([...writers, ...readers].map((one) => one.run(over.signal)));
    working.catch(() => {}); // looked at below
    let settledMs;
    try {
        await Promise.all([
            carryOut(plan, { random: random.of('chance'), proxy, crashes }, log),
            pause(seconds * 1000),
        ]);
        over.abort();
        const healed = performance.now();
        await settle(people, working, patience).catch((error) => {
            if (!(error instanceof NotQuiet)) throw error;
            violations.push({ rule: 'no quiet', detail: error.message });
        });
        settledMs = performance.now() - healed;
    } finally {
        over.abort();
        for (const one of [...screens, ...writers]) one.stop();
        people.close();
        mend();
    }
    for (const conversation of conversations) {
        const whole = {
            ...conversation,
            stored: storedConversation(...conversation.users),
            screens: shownOf(screens, conversation.users),
            crashes,
        };
        if (conversation === conversations[0]) breakage.alter?.(whole);
        violations.push(...checkConversation(whole));
    }
    return { plan, counts: count(conversations, screens), violations, settledMs };
}

function count(conversations, screens) {
    const sends = conversations.flatMap(({ operations }) => operations.filter(({ kind }) => kind === 'send'));
    const changes = conversations.flatMap(({ operations }) => operations.filter(({ kind }) => kind !== 'send'));
    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
    return {
        messages: sends.length,
        acknowledged: sends.filter(isAcknowledged).length,
        'given up': sends.filter(({ status }) => status === undefined).length,
        repeated: sends.filter(({ attempts }) => attempts > 1).length,
        'edits, deletions, marks, repeats': changes.length,
        'pages read': sum(conversations.map(({ reads }) => reads.length)),
        'live connects': sum(screens.map(({ connects }) => connects)),
    };
}
