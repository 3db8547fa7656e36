// What a page is asked for the sake of those who use it with other eyes, hands and ears.

import assert from 'node:assert/strict';
import axe from 'axe-core';

// All rules, those for best practice among them; not the contrast of 7 : 1 that WCAG asks for at its highest level alone, and not
// what axe itself calls an experiment.
const rules = Object.fromEntries(
    axe
        .getRules()
        .filter(({ tags }) => !tags.includes('experimental') && !tags.includes('wcag2aaa'))
        .map(({ ruleId }) => [ruleId, { enabled: true }]),
);

/** Runs an expression in the page as the debugger does, which the page's own policy (CSP, Trusted Types) doesn't bind. */
async function inDebugger(page, expression) {
    const session = await page.context().newCDPSession(page);
    try {
        const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
            expression,
            awaitPromise: true,
            returnByValue: true,
        });
        assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
        return result.value;
    } finally {
        await session.detach();
    }
}

/** Fails where axe-core finds a violation in the page as it is at the moment. */
export async function assertAccessible(page, what) {
    await inDebugger(page, `window.axe ?? (() => { ${axe.source} })(); null`);
    const { violations, passes } = await inDebugger(page, `axe.run(document, { rules: ${JSON.stringify(rules)} })`);
    const found = violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target.join(' ')}\n${failureSummary}`),
    );
    assert.deepEqual(found, [], what);
    assert.ok(passes.length > 10, `axe looked at hardly anything: ${what}`);
}

/** Fails where something reaches beyond the page's right or left edge, so that one would have to scroll sideways. */
export async function assertNoSidewaysScrolling(page, what) {
    const wide = await page.evaluate(() => {
        const limit = document.documentElement.clientWidth;
        const scrollers = [document.documentElement, ...document.querySelectorAll('body *')];
        const overflowing = scrollers.filter((element) => {
            const { overflowX } = getComputedStyle(element);
            const scrolls = element === document.documentElement || overflowX === 'auto' || overflowX === 'scroll';
            return scrolls && element.scrollWidth > element.clientWidth && element.clientWidth > 0 && element.tagName !== 'TEXTAREA';
        });
        return overflowing.map(({ tagName, className, scrollWidth }) => `${tagName}.${className} is ${scrollWidth} wide, of ${limit}`);
    });
    assert.deepEqual(wide, [], what);
}

/** Fails where something to click is smaller than 24 by 24 pixels (WCAG 2.2, 2.5.8; links within a text are exempt there). */
export async function assertTargetsAreLargeEnough(page, what) {
    const small = await page.evaluate(() => {
        const found = [...document.querySelectorAll('a[href], button, input, textarea, select, [tabindex="0"]')].filter((element) =>
            element.checkVisibility({ visibilityProperty: true }),
        );
        const inText = (element) => element.matches('p a, li a') && getComputedStyle(element).display === 'inline';
        return found
            .filter((element) => !inText(element))
            .map((element) => ({ element, box: element.getBoundingClientRect() }))
            .filter(({ box }) => box.width < 24 || box.height < 24)
            .map(({ element, box }) => `${element.outerHTML.slice(0, 100)}: ${box.width} × ${box.height}`);
    });
    assert.deepEqual(small, [], what);
}

/** Whether what has the focus shows it by an outline of at least 2 pixels; returns a name for it. */
const focused = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return undefined;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return {
        name: `${element.tagName.toLowerCase()} ${element.id || element.className || element.textContent.slice(0, 30)}`,
        outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
        onScreen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
};

/** Goes through the page with the Tab key, and fails where the focus is not to be seen; returns the names of where it went. */
export async function assertFocusIsVisible(page, what) {
    const names = [];
    for (let stops = 0; stops < 200; stops++) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(focused);
        if (!stop) break;
        assert.ok(stop.outlined, `${what}: no outline on ${stop.name}`);
        assert.ok(stop.onScreen, `${what}: ${stop.name} is not on the screen`);
        names.push(stop.name);
    }
    return names;
}

/** The same for what has the focus now. */
export async function assertFocusShows(page, what) {
    const stop = await page.evaluate(focused);
    assert.ok(stop?.outlined && stop.onScreen, `${what}: ${JSON.stringify(stop)}`);
}
