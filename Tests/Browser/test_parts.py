"""Pure functions of the page, tested with random input in the browser itself."""

import pytest

LOAD = """const done = arguments[arguments.length - 1];
const base = document.querySelector('script[src$="app.js"]').src.replace('app.js', '');
const load = (name) => import(base + name);
let seed = 12345;
const random = (below) => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >> 8) % below; };
const pick = (list) => list[random(list.length)];
"""


@pytest.fixture
def compute(page, bucket):
    """Runs a script with `load`, `random` and `pick`, which calls `done` with a list of errors."""
    page.open(bucket.name + "/").started()

    def compute(script):
        found = page.driver.execute_async_script(LOAD + script)
        assert found == [], found[:5]

    return compute


def test_json_is_parsed_as_by_the_browser(compute):
    compute("""
    const value = (depth) => { switch (random(depth > 4 ? 5 : 7)) {
      case 0: return String(random(1000) - 500) + pick(['', '.5', 'e3', 'E-2']);
      case 1: return JSON.stringify(pick(['', 'a', '"', '\\\\', '\\u2028', '日本', '\\n', '\\ud83c\\udf89']));
      case 2: return pick(['true', 'false', 'null']);
      case 3: return '[]'; case 4: return '{}';
      case 5: return '[' + Array.from({ length: random(4) + 1 }, () => value(depth + 1)).join(pick([',', ' , '])) + ']';
      default: return '{' + Array.from({ length: random(4) + 1 }, (_, n) => `"k${n}":${value(depth + 1)}`).join(',') + '}'; } };
    const plain = (node) => node.kind === 'array' ? node.items.map(([, item]) => plain(item))
      : node.kind === 'object' ? Object.fromEntries(node.items.map(([key, item]) => [JSON.parse(key), plain(item)])) : JSON.parse(node.text);
    load('views/json-text.js').then(({ parse }) => {
      const wrong = [];
      for (let round = 0; round < 4000; round += 1) {
        let text = value(0);
        // Half of them damaged: both must refuse the same.
        for (let cut = random(3); cut > 0; cut -= 1) { const at = random(text.length + 1); text = text.slice(0, at) + pick(['', ',', '}', ']', '"', '1', ':', '{', ' ']) + text.slice(at + random(2)); }
        let expected; let found;
        try { expected = JSON.stringify(JSON.parse(text)); } catch { expected = 'refused'; }
        try { found = JSON.stringify(plain(parse(text))); } catch { found = 'refused'; }
        if (expected !== found) wrong.push([text, expected, found]);
      }
      done(wrong);
    });""")


def test_line_ends_come_back_as_they_were(compute):
    compute("""load('panel/editor.js').then(({ breaksOf, decoded, encoded }) => {
      const wrong = [];
      for (let round = 0; round < 5000; round += 1) {
        const text = Array.from({ length: random(8) }, () => pick(['a', '\\n', '\\r', '\\r\\n', ' '])).join('');
        const breaks = breaksOf(text);
        // As CodeMirror holds it: lines divided by "\\n" only.
        if (encoded(decoded(text, breaks).split('\\n').join('\\n'), breaks) !== text) wrong.push([text, breaks]);
      }
      done(wrong);
    });""")


def test_merged_rows_equal_a_new_sort(compute):
    compute("""load('list/listing.js').then(({ Listing }) => {
      const wrong = [];
      const entry = (n) => pick([{ name: `f${n}`, path: `/b/f${n}`, type: 'object', size: random(5), etag: String(random(9)), modified: `2026-01-0${random(9) + 1}` },
        { name: `d${n}`, path: `/b/d${n}/`, type: 'directory' }]);
      for (let round = 0; round < 60; round += 1) {
        const listing = new Listing();
        listing.open({ path: '/b/', query: null, view: 'list' }, Array.from({ length: 40 }, (_, n) => entry(n)));
        listing.setView({ filter: pick(['', '1', 'f']), sort: { by: pick(['name', 'size', 'modified']), descending: pick([true, false]) } });
        for (let step = 0; step < 30; step += 1) {
          for (let change = random(6); change > 0; change -= 1) {
            if (random(3)) listing.put(entry(random(60))); else listing.drop(pick(listing.rows)?.path ?? '/b/none');
          }
          listing.flush();
          const merged = listing.rows.map((row) => row.path).join();
          listing.setView({ filter: listing.filter, sort: listing.order });
          if (merged !== listing.rows.map((row) => row.path).join()) wrong.push([round, step, listing.order, merged]);
        }
      }
      done(wrong);
    });""")


def test_every_state_survives_its_url(compute):
    compute("""load('core/store.js').then(({ stateOf, urlOfState }) => {
      const wrong = [];
      const names = ['a', 'a b', '日本', '100%', '#x', '?q', 'a&b=c', '\\n', '+', '<', "'"];
      for (let round = 0; round < 2000; round += 1) {
        const path = `/b/${pick(names)}/`;
        const query = pick([null, null, pick(names)]);
        const state = { path, query, view: query ? 'list' : pick(['list', 'recent', 'snapshots']), filter: pick(['', ...names]), sort: { by: pick(['name', 'size']), descending: pick([true, false]) },
          open: pick([null, path + pick(names), path + 'deep/' + pick(names)]), tab: 'contents', snapshot: null, against: null };
        if (state.view === 'snapshots') state.snapshot = pick([null, ...names]);
        if (state.snapshot) state.against = pick([null, ...names]);
        if (state.open) state.tab = pick(['contents', 'properties', 'versions']);
        const found = stateOf(new URL(urlOfState(state), location.origin));
        if (JSON.stringify(found) !== JSON.stringify(state)) wrong.push([urlOfState(state), state, found]);
      }
      done(wrong);
    });""")


def test_numbered_names(compute):
    compute("""load('core/paths.js').then(({ numbered }) => done([
      [numbered('a.txt', 2), 'a (2).txt'], [numbered('a', 3), 'a (3)'], [numbered('.env', 2), '.env (2)'], [numbered('v1.2', 2, true), 'v1.2 (2)'],
    ].filter(([found, expected]) => found !== expected)));""")


def test_the_tray_is_drawn_once_a_frame_however_much_happens(compute):
    compute("""Promise.all(['core/jobs.js', 'upload/tray.js'].map(load)).then(async ([{ Jobs }, { Tray }]) => {
      const jobs = new Jobs();
      const opener = document.createElement('button');
      opener.append('');
      const tray = new Tray(jobs, opener);
      let [drawn, events, frames, isOver] = [0, 0, 0, false];
      const draw = tray.draw.bind(tray);
      tray.draw = () => { drawn += 1; draw(); };
      jobs.subscribe(() => (events += 1));
      const frame = () => { frames += 1; if (!isOver) requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      const moment = () => new Promise((done) => setTimeout(done, 4));
      const run = async (unit, { progress }) => { for (let loaded = 1; loaded <= 3; loaded += 1) { progress(loaded); await moment(); } };
      const job = jobs.start({ kind: 'upload', units: Array.from({ length: 300 }, (_, n) => ({ label: String(n), size: 3, run })) });
      while (job.isOpen) await moment();
      isOver = true;
      // It opens while they go on, and again at the end.
      done(events >= 1500 && drawn <= frames + 3 && !tray.element.hidden ? [] : [`${drawn} drawings in ${frames} frames of ${events} events`]);
    });""")


def test_a_frames_changes_are_one_change_of_a_large_listing(compute):
    compute("""load('list/listing.js').then(async ({ Listing }) => {
      const wrong = [];
      const entry = (n) => ({ name: `file-${String(n).padStart(5, '0')}`, path: `/b/file-${String(n).padStart(5, '0')}`, type: 'object', size: 1, etag: 'e', modified: '2026-01-01' });
      const listing = new Listing();
      listing.open({ path: '/b/', query: null, view: 'list' }, Array.from({ length: 20000 }, (_, n) => entry(n * 2)));
      let changes = 0;
      listing.subscribe(() => (changes += 1));
      for (let n = 0; n < 300; n += 1) listing.put(entry(n * 2 + 1));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      if (changes !== 1) wrong.push(`${changes} changes`);
      if (listing.rows.length !== 20300 || listing.rows[1].name !== 'file-00001') wrong.push('rows');
      // The same again, as another client would see them, is nothing.
      for (let n = 0; n < 300; n += 1) listing.put(entry(n * 2 + 1));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      if (changes !== 1) wrong.push(`${changes} changes for nothing`);
      done(wrong);
    });""")
