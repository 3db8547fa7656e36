// Reading in all its forms: pages, cursors, boxes, everything at once.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { newcomer } from './support/api.mjs';

const seqs = ({ messages }) => messages.map(({ seq }) => seq);
const range = (from, to) =>
    Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => (from <= to ? from + i : from - i));

/** The links of a page by their relation. */
function links(answer) {
    const entries = (answer.header('Link') ?? '').matchAll(/<([^>]+)>; ?rel="?(\w+)"?/g);
    return Object.fromEntries(
        [...entries].map(([, target, relation]) => [relation, new URL(target, 'https://x/api/v1/messages')]),
    );
}

/** The path of a link below /api/v1. */
function pathOf(link) {
    assert.ok(link.pathname === '/api/v1/messages', String(link));
    return link.pathname.replace('/api/v1', '') + link.search;
}

/** Follows `next` from a path to the end; resolves to the pages. */
async function follow(client, path) {
    const pages = [];
    for (let next = path; next !== undefined;) {
        const answer = await client.get(next);
        assert.equal(answer.status, 200, String(answer));
        pages.push(answer.json());
        const { next: link } = links(answer);
        next = link && pathOf(link);
        assert.ok(pages.length <= 100, 'next goes round in circles');
    }
    return pages;
}

describe('a conversation of 23 messages', () => {
    let alice, bob, all;
    const withBob = (more = '') => `/messages?with=${bob.name}${more}`;

    before(async () => {
        [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
        all = [];
        for (let i = 1; i <= 23; i++) {
            const [from, to] = i % 3 === 0 ? [bob, alice] : [alice, bob];
            all.push(await from.send({ recipient: to.name, type: 'text', text: `number ${i}` }));
        }
    });

    test('the numbers are dense, in the order of sending, and times never go back', () => {
        assert.deepEqual(
            all.map(({ seq }) => seq),
            range(1, 23),
        );
        for (let i = 1; i < all.length; i++) assert.ok(all[i].created_at >= all[i - 1].created_at);
    });

    test('both see the same, by every way to ask', async () => {
        const expected = await alice.read(withBob());
        assert.deepEqual(expected, { messages: [...all].reverse(), total: 23 });
        for (const [client, query] of [
            [alice, `between=${alice.name},${bob.name}`],
            [alice, `between=${bob.name},${alice.name}`],
            [bob, `between=${alice.name},${bob.name}`],
            [bob, `with=${alice.name}`],
        ])
            assert.deepEqual(await client.read(`/messages?${query}`), expected, query);
    });

    test('everything, oldest first', async () => {
        assert.deepEqual((await alice.read(withBob('&order=asc'))).messages, all);
    });

    describe('pages', () => {
        const table = [
            ['&page=1', range(23, 1), { page: 1, pages: 1, per_page: 50 }],
            ['&per_page=10', range(23, 14), { page: 1, pages: 3, per_page: 10 }],
            ['&per_page=10&page=1', range(23, 14), { page: 1, pages: 3, per_page: 10 }],
            ['&per_page=10&page=2', range(13, 4), { page: 2, pages: 3, per_page: 10 }],
            ['&per_page=10&page=3', range(3, 1), { page: 3, pages: 3, per_page: 10 }],
            ['&per_page=10&page=4', [], { page: 4, pages: 3, per_page: 10 }],
            ['&per_page=10&page=2147483647', [], { page: 2147483647, pages: 3, per_page: 10 }],
            ['&per_page=23', range(23, 1), { page: 1, pages: 1, per_page: 23 }],
            ['&per_page=22&page=2', [1], { page: 2, pages: 2, per_page: 22 }],
            ['&per_page=1&page=23', [1], { page: 23, pages: 23, per_page: 1 }],
            ['&per_page=200', range(23, 1), { page: 1, pages: 1, per_page: 200 }],
            ['&per_page=10&order=asc', range(1, 10), { page: 1, pages: 3, per_page: 10 }],
            ['&per_page=10&page=3&order=asc', range(21, 23), { page: 3, pages: 3, per_page: 10 }],
            ['&per_page=10&page=4&order=asc', [], { page: 4, pages: 3, per_page: 10 }],
            ['&per_page=10&upto=15', range(15, 6), { page: 1, pages: 2, per_page: 10, upto: 15 }],
            ['&per_page=10&page=2&upto=15', range(5, 1), { page: 2, pages: 2, per_page: 10, upto: 15 }],
            ['&per_page=10&page=2&upto=15&order=asc', range(11, 15), { page: 2, pages: 2, per_page: 10, upto: 15 }],
            ['&upto=1', [1], { page: 1, pages: 1, per_page: 50, upto: 1 }],
            ['&upto=1000&per_page=10', range(23, 14), { page: 1, pages: 3, per_page: 10 }],
        ];
        for (const [query, expected, counts] of table) {
            test(query, async () => {
                const page = await bob.read(`/messages?with=${alice.name}${query}`);
                assert.deepEqual(seqs(page), expected);
                const { messages: _, ...rest } = page;
                assert.deepEqual(rest, { total: 23, upto: 23, ...counts });
            });
        }

        for (const order of ['desc', 'asc']) {
            test(`next leads through all, ${order}`, async () => {
                const pages = await follow(alice, withBob(`&per_page=5&page=1&order=${order}`));
                assert.equal(pages.length, 5);
                assert.deepEqual(pages.flatMap(seqs), order === 'asc' ? range(1, 23) : range(23, 1));
            });

            test(`the links lead where they say, ${order}`, async () => {
                const { next, prev, first, last } = links(
                    await alice.get(withBob(`&per_page=5&page=3&order=${order}`)),
                );
                const numbers = [];
                for (const link of [first, prev, next, last]) {
                    const page = await alice.read(pathOf(link));
                    numbers.push(page.page);
                    assert.deepEqual([page.upto, page.per_page, page.pages], [23, 5, 5]);
                    assert.equal(link.searchParams.get('upto'), '23');
                }
                assert.deepEqual(numbers, [1, 2, 4, 5]);
                assert.deepEqual(Object.keys(links(await alice.get(withBob('&per_page=5&page=1')))).sort(), [
                    'first',
                    'last',
                    'next',
                ]);
                assert.deepEqual(Object.keys(links(await alice.get(withBob('&per_page=5&page=5')))).sort(), [
                    'first',
                    'last',
                    'prev',
                ]);
            });
        }

        test('links keep to the form of the question', async () => {
            const { next } = links(await alice.get(`/messages?between=${bob.name},${alice.name}&per_page=5&page=1`));
            const page = await alice.read(pathOf(next));
            assert.deepEqual(seqs(page), range(18, 14));
        });
    });

    describe('cursors', () => {
        const table = [
            ['&before=11&per_page=4', [10, 9, 8, 7]],
            ['&before=11&per_page=4&order=asc', [7, 8, 9, 10]],
            ['&before=4&per_page=10', [3, 2, 1]],
            ['&before=1', []],
            ['&before=24&per_page=1', [23]],
            ['&before=1000&per_page=2', [23, 22]],
            ['&after=11&per_page=4', [12, 13, 14, 15]],
            ['&after=11&per_page=4&order=desc', [15, 14, 13, 12]],
            ['&after=0&per_page=3', [1, 2, 3]],
            ['&after=20', [21, 22, 23]],
            ['&after=22', [23]],
            ['&after=23', []],
            ['&after=1000', []],
            ['&before=9007199254740991&per_page=1', [23]],
            ['&after=9007199254740991', []],
        ];
        for (const [query, expected] of table) {
            test(query, async () => {
                const answer = await bob.read(`/messages?with=${alice.name}${query}`);
                assert.deepEqual(seqs(answer), expected);
                const { messages: _, ...rest } = answer;
                assert.deepEqual(rest, { total: 23 });
            });
        }

        test('per_page is 50 where it is absent', async () => {
            const [carol, dave] = [await newcomer('carol'), await newcomer('dave')];
            await carol.sendTexts(dave.name, 51);
            assert.deepEqual(seqs(await dave.read(`/messages?with=${carol.name}&page=1`)), range(51, 2));
            assert.deepEqual(seqs(await dave.read(`/messages?with=${carol.name}&after=0`)), range(1, 50));
            assert.deepEqual(seqs(await dave.read(`/messages?with=${carol.name}&before=52`)), range(51, 2));
            assert.deepEqual(seqs(await dave.read(`/messages?with=${carol.name}`)), range(51, 1));
            assert.equal((await dave.read('/messages?box=received')).messages.length, 50);
        });

        test('a client that follows along misses nothing', async () => {
            let last = 0;
            const seen = [];
            for (;;) {
                const { messages } = await bob.read(`/messages?with=${alice.name}&after=${last}&per_page=7`);
                if (messages.length === 0) break;
                seen.push(...messages);
                last = messages.at(-1).seq;
            }
            assert.deepEqual(seen, all);
        });
    });
});

describe('while messages arrive', () => {
    test('the pages of one upto stay what they were', async () => {
        const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
        await alice.sendTexts(bob.name, 12);
        const first = await bob.get(`/messages?with=${alice.name}&per_page=5&page=1`);
        const pages = [first.json()];
        for (let { next } = links(first); next !== undefined;) {
            await alice.sendTexts(bob.name, 3);
            const answer = await bob.get(pathOf(next));
            pages.push(answer.json());
            ({ next } = links(answer));
        }
        assert.deepEqual(pages.flatMap(seqs), range(12, 1));
        assert.deepEqual(
            pages.map(({ upto, pages: count }) => [upto, count]),
            [
                [12, 3],
                [12, 3],
                [12, 3],
            ],
        );
        assert.equal((await bob.read(`/messages?with=${alice.name}&page=1`)).total, 18);
    });
});

describe('an empty conversation', () => {
    let alice, bob;
    before(async () => {
        [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    });

    test('has no messages in any form', async () => {
        for (const query of ['', '&order=asc', '&before=5', '&after=0']) {
            assert.deepEqual(await alice.read(`/messages?with=${bob.name}${query}`), { messages: [], total: 0 }, query);
        }
        for (const query of ['&page=1', '&upto=5', '&per_page=10&page=3', '&page=1&order=asc']) {
            const { messages, total, pages } = await alice.read(`/messages?with=${bob.name}${query}`);
            assert.deepEqual([messages, total, pages], [[], 0, 0], query);
        }
        for (const box of ['sent', 'received'])
            assert.deepEqual(await alice.read(`/messages?box=${box}`), { messages: [] });
    });

    test('has no link that leads nowhere', async () => {
        for (const link of Object.values(links(await alice.get(`/messages?with=${bob.name}&page=1`)))) {
            assert.equal((await alice.get(pathOf(link))).status, 200, String(link));
        }
    });

    test('a page that was empty shows the first message', async () => {
        const sent = await bob.send({ recipient: alice.name, type: 'text', text: 'first' });
        assert.deepEqual((await alice.read(`/messages?with=${bob.name}&page=1`)).messages, [sent]);
    });
});

describe('boxes', () => {
    let alice, bob, carol;
    const sent = [];
    before(async () => {
        [alice, bob, carol] = [await newcomer('alice'), await newcomer('bob'), await newcomer('carol')];
        for (let i = 1; i <= 9; i++) {
            sent.push(
                await alice.send({ recipient: i % 2 ? bob.name : carol.name, type: 'text', text: `letter ${i}` }),
            );
            if (i % 3 === 0) await bob.send({ recipient: alice.name, type: 'text', text: `answer ${i}` });
        }
    });

    async function wholeBox(client, box, perPage) {
        const messages = [];
        let cursor = '';
        for (let pages = 0; ; pages++) {
            const answer = await client.read(`/messages?box=${box}&per_page=${perPage}${cursor}`);
            messages.push(...answer.messages);
            if (answer.next === undefined) return messages;
            assert.equal(answer.messages.length, perPage, 'a page with a next one is full');
            cursor = `&before=${encodeURIComponent(answer.next)}`;
            assert.ok(pages < 50, 'next goes round in circles');
        }
    }

    for (const perPage of [1, 2, 4, 9, 10, 200]) {
        test(`sent, ${perPage} a page: all of mine over all conversations, newest first, none twice`, async () => {
            assert.deepEqual(await wholeBox(alice, 'sent', perPage), [...sent].reverse());
        });
    }

    test('received', async () => {
        assert.deepEqual(
            await wholeBox(bob, 'received', 2),
            sent.filter(({ recipient }) => recipient === bob.name).reverse(),
        );
        assert.deepEqual(
            (await wholeBox(alice, 'received', 2)).map(({ text }) => text),
            ['answer 9', 'answer 6', 'answer 3'],
        );
        assert.deepEqual(await wholeBox(carol, 'sent', 2), []);
    });

    test('a page stays what it is while messages are sent', async () => {
        const { next } = await alice.read('/messages?box=sent&per_page=4');
        const page = `/messages?box=sent&per_page=4&before=${encodeURIComponent(next)}`;
        const before = await alice.read(page);
        await alice.sendTexts(bob.name, 3);
        assert.deepEqual(await alice.read(page), before);
    });
});
