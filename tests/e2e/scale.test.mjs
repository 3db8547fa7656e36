// A conversation of 100,000 messages: the last page costs what the first one costs, and all at once costs no memory.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { eventually, newcomer, scratchFile, stack } from './support/api.mjs';
import { runCurl } from './support/curl.mjs';
import { pss, sql, workers } from './support/stack.mjs';

const count = 100_000;
let alice, bob, conversation;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.sendTexts(bob.name, 1);
    const message = await bob.send({ recipient: alice.name, type: 'text', text: 'second' });
    conversation = message.id.split('-')[0];
    // From both sides in turn, a second apart, as long as most messages are.
    sql(`INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)
         SELECT m.conversation_id, s.seq, m.sender_id, m.recipient_id, 'text',
                CONCAT('message ', s.seq, ': ', REPEAT('Grüße aus Łódź. ', 6)), m.created_at + INTERVAL s.seq SECOND
         FROM seq_3_to_${count} s JOIN messages m ON m.conversation_id = ${conversation} AND m.seq = 1 + s.seq % 2;
         UPDATE conversations SET last_seq = ${count}, last_at = last_at + INTERVAL ${count} SECOND
         WHERE id = ${conversation}`);
});

after(() => {
    if (conversation) {
        sql(`DELETE FROM messages WHERE conversation_id = ${conversation} AND seq > 2;
             UPDATE conversations SET last_seq = 2, change_count = change_count + 1 WHERE id = ${conversation}`);
    }
});

const path = (more) => `/messages?with=${bob.name}${more}`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

test('page 1 and page 2,000', async () => {
    const [first, last] = [await alice.read(path('&page=1')), await alice.read(path('&page=2000'))];
    assert.deepEqual([first.messages[0].seq, first.messages.at(-1).seq], [count, count - 49]);
    assert.deepEqual([last.messages[0].seq, last.messages.at(-1).seq], [50, 1]);
    assert.deepEqual([last.total, last.pages], [count, 2000]);
});

test('page 2,000 takes no longer than page 1', async (t) => {
    const rounds = 60;
    const sections = Array.from({ length: 2 * rounds }, (_, i) =>
        [
            `url = "${stack.url}/api/v1${path(`&page=${i % 2 ? 2000 : 1}`)}"`,
            `cacert = "${stack.ca}"`,
            `cookie = "${alice.jar}"`,
            'silent',
            'output = "/dev/null"',
            'write-out = "%{http_code} %{time_pretransfer} %{time_total}\\n"',
        ].join('\n'),
    );
    const config = scratchFile('curl');
    writeFileSync(config, sections.join('\nnext\n'));
    const lines = (await runCurl(['--config', config], '', 60))
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.split(' ').map(Number));
    assert.deepEqual(
        lines.filter(([status]) => status !== 200),
        [],
    );
    const times = lines.map(([, start, end]) => (end - start) * 1000);
    const [first, last] = [median(times.filter((_, i) => i % 2 === 0)), median(times.filter((_, i) => i % 2 === 1))];
    t.diagnostic(`page 1: ${first.toFixed(2)} ms, page 2,000: ${last.toFixed(2)} ms`);
    assert.ok(last < 2 * first, `${last} against ${first} ms`);
});

/** Starts reading the whole conversation into a file; `done` is the time when it was all there. */
function readAll(file, ...further) {
    return runCurl(
        [
            '--silent',
            '--show-error',
            '--fail',
            '--cacert',
            stack.ca,
            '--cookie',
            alice.jar,
            '--output',
            file,
            '--max-time',
            '120',
            ...further,
            `${stack.url}/api/v1${path('')}`,
        ],
        '',
        120,
    );
}

test('everything at once, in flat memory', async (t) => {
    await alice.read(path('&page=1'));
    const before = new Map(workers().map((pid) => [pid, pss(pid)]));
    let highest = 0;
    let done = false;
    const file = scratchFile('all');
    const reading = readAll(file).finally(() => {
        done = true;
    });
    while (!done) {
        for (const [pid, kib] of before) highest = Math.max(highest, pss(pid) - kib);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await reading;
    const body = readFileSync(file, 'utf8');
    const { messages, total } = JSON.parse(body);
    assert.equal(total, count);
    assert.equal(messages.length, count);
    messages.forEach(({ seq }, i) => assert.equal(seq, count - i));
    assert.ok(body.length > 20e6);
    t.diagnostic(`workers grew by ${highest} KiB at most, for ${body.length} bytes`);
    assert.ok(highest < 2048, `${highest} KiB`);
});

test('a stream that breaks off looks broken, never short', async (t) => {
    const outcomes = { whole: 0, broken: 0 };
    for (let delay = 0; delay < 300; delay += 15) {
        const file = scratchFile('broken');
        const reading = readAll(file).then(
            () => 'whole',
            () => 'broken',
        );
        await new Promise((resolve) => setTimeout(resolve, 30 + delay));
        for (const pid of workers()) process.kill(pid, 'SIGKILL');
        const outcome = await reading;
        outcomes[outcome]++;
        if (outcome === 'whole') assert.equal(JSON.parse(readFileSync(file, 'utf8')).messages.length, count);
        await eventually('workers again', 10, async () => (await alice.get('/users/me')).status === 200);
    }
    t.diagnostic(`${outcomes.whole} whole, ${outcomes.broken} broken`);
    assert.ok(outcomes.broken > 0, 'no stream was cut');
});

test('more slow readers than workers hold no worker', async () => {
    const controllers = Array.from({ length: workers().length + 4 }, () =>
        readAll('/dev/null', '--limit-rate', '100k', '--max-time', '8'),
    );
    const endings = Promise.allSettled(controllers);
    await eventually('answers while they read', 10, async () => {
        const started = Date.now();
        const answers = await Promise.all(
            Array.from({ length: 4 }, () => alice.get('/users/me').catch(() => ({ status: 0 }))),
        );
        return answers.every(({ status }) => status === 200) && Date.now() - started < 1000;
    });
    const ended = await Promise.race([endings, Promise.resolve('still reading')]);
    assert.equal(ended, 'still reading');
    for (const { status } of await endings)
        assert.equal(status, 'rejected', 'a slow reader was served before its time was over');
});
