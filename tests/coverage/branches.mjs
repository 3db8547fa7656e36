// Branches as clang counts them: each condition of the source has two sides, without the ways of exceptions.

/**
 * The two sides of each condition in a file, `{ line, code, side, count }`, where `side` is 'true' or 'false' and `code` the
 * condition's text. What each instance of a template has counted is counted together.
 *
 * @param {number[][]} rows of llvm-cov: line, column, last line, last column, times true, times false
 * @param {string[]} lines the file
 */
export function branchesOf(rows, lines) {
    const sides = new Map();
    for (const [line, column, lastLine, lastColumn, whenTrue, whenFalse] of rows) {
        const code = textOf(lines, line, column, lastLine, lastColumn);
        for (const [side, count] of [
            ['true', whenTrue],
            ['false', whenFalse],
        ]) {
            const key = `${line}:${column}:${lastLine}:${lastColumn}:${side}`;
            const known = sides.get(key) ?? { line, code, side, count: 0 };
            known.count += count;
            sides.set(key, known);
        }
    }
    return [...sides.values()];
}

function textOf(lines, line, column, lastLine, lastColumn) {
    const part = lines.slice(line - 1, lastLine);
    part[part.length - 1] = part.at(-1).slice(0, lastColumn - 1);
    part[0] = part[0].slice(column - 1);
    return part.map((text) => text.trim()).join(' ');
}

/**
 * Which branches the table of the unreachable exempts, and which of its entries exempt none: those are out of date.
 *
 * @param {{ name: string, branches: object[] }[]} files
 * @param {{ file: string, code: string, side: string }[]} table
 */
export function findExemptions(files, table) {
    const exempt = new Set();
    const idle = [];
    for (const entry of table) {
        const branches = files.find(({ name }) => name === entry.file)?.branches ?? [];
        const found = branches.filter(
            ({ code, side, count }) => count === 0 && code === entry.code && side === entry.side,
        );
        found.forEach((branch) => exempt.add(branch));
        if (found.length === 0) {
            idle.push(entry);
        }
    }
    return { exempt, idle };
}
