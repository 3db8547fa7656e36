import assert from 'node:assert/strict';
import { test } from 'node:test';

import { branchesOf, findExemptions } from './branches.mjs';

const source = ['if (a && (b ||', '          c)) {', '}'];

test('a condition has two sides, and its own text', () => {
    const branches = branchesOf([[1, 5, 1, 6, 3, 0]], source);
    assert.deepEqual(branches, [
        { line: 1, code: 'a', side: 'true', count: 3 },
        { line: 1, code: 'a', side: 'false', count: 0 },
    ]);
});

test('what two instantiations took is taken once each way', () => {
    const branches = branchesOf(
        [
            [1, 5, 1, 6, 3, 0],
            [1, 5, 1, 6, 0, 2],
        ],
        source,
    );
    assert.deepEqual(
        branches.map(({ count }) => count),
        [3, 2],
    );
});

test('a condition on two lines is one text', () => {
    assert.equal(branchesOf([[1, 11, 2, 12, 0, 0]], source)[0].code, 'b || c');
});

test('an exemption holds for the side that it names, and only while nothing takes it', () => {
    const files = [{ name: 'x.cpp', branches: branchesOf([[1, 5, 1, 6, 3, 0]], source) }];
    const entry = (side) => ({ file: 'x.cpp', code: 'a', side, why: 'because' });
    const { exempt, idle } = findExemptions(files, [entry('false'), entry('true')]);
    assert.deepEqual([...exempt], [files[0].branches[1]]);
    assert.deepEqual(idle, [entry('true')]);
});

test('an exemption whose code is gone, or whose file is, is out of date', () => {
    const files = [{ name: 'x.cpp', branches: branchesOf([[1, 5, 1, 6, 3, 0]], source) }];
    const gone = [
        { file: 'x.cpp', code: 'z', side: 'true', why: '' },
        { file: 'y.cpp', code: 'a', side: 'false', why: '' },
    ];
    assert.deepEqual(findExemptions(files, gone).idle, gone);
});
