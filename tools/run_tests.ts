// ./dev test: runs every suite and ends with one line of its own, "N passed, N failed, N skipped", summed over all of
// them. A suite that breaks before it has counted is a failure, never a silence.
import { spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

process.chdir(join(import.meta.dirname, ".."));
const reports = "build/test-reports";

type Count = { passed: number; failed: number; skipped: number };
type Finished = { status: number | null; output: string };
type Options = { env?: Record<string, string>; show?: boolean; minutes?: number };

const total: Count = { passed: 0, failed: 0, skipped: 0 };
const broken: string[] = [];

function add(name: string, count: Count, started: number): void {
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
  if (count.failed > 0) broken.push(name);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const rest = (count.failed ? `, ${count.failed} FAILED` : "") + (count.skipped ? `, ${count.skipped} skipped` : "");
  console.log(`${count.failed ? "FAIL" : "ok  "} ${name}: ${count.passed} passed${rest} (${seconds} s)`);
}

// Runs a program to its end or its time limit, and then nothing of its process group is left.
function run(command: string, args: string[], { env = {}, show = false, minutes = 15 }: Options = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const killGroup = () => {
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch {
        // it has already ended
      }
    };
    let output = "";
    const keep = (chunk: Buffer) => {
      if (show) process.stdout.write(chunk);
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const finish = (status: number | null) => {
      clearTimeout(timer);
      process.off("exit", killGroup);
      resolve({ status, output });
    };
    const timer = setTimeout(() => {
      output += `\nstopped: longer than ${minutes} minutes\n`;
      killGroup();
    }, minutes * 60_000);
    process.on("exit", killGroup);
    child.on("error", (error) => {
      output += `${command}: ${error.message}\n`;
      finish(null);
    });
    child.on("exit", (status) => {
      killGroup();
      // "close" follows when the last of the output is read. A daemon that kept our pipe must not hold the suite up.
      const patience = setTimeout(() => finish(status), 5_000);
      child.on("close", () => {
        clearTimeout(patience);
        finish(status);
      });
    });
  });
}

// A suite of one test: the program ends with 0 or it does not.
async function check(name: string, command: string, args: string[], options: Options = {}): Promise<boolean> {
  const started = Date.now();
  const { status, output } = await run(command, args, options);
  if (status !== 0) console.log(output.slice(-20_000));
  add(name, { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 }, started);
  return status === 0;
}

// Without targets everything.
async function build(preset: string, targets: string[] = []): Promise<boolean> {
  const started = Date.now();
  const cold = !existsSync(`build/${preset}/build.ninja`);
  if (cold) {
    const configured = await run("cmake", ["--preset", preset]);
    if (configured.status !== 0) console.log(configured.output);
  }
  const { status, output } = await run("ninja", ["--quiet", "-C", `build/${preset}`, ...targets], { minutes: 30 });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`     ${cold ? "cold" : "incremental"} build of ${preset}: ${seconds} s`);
    return true;
  }
  console.log(output.slice(-20_000));
  add(`build of ${preset}`, { passed: 0, failed: 1, skipped: 0 }, started);
  return false;
}

const sanitizers = {
  ASAN_OPTIONS: "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
  UBSAN_OPTIONS: "print_stacktrace=1",
  TSAN_OPTIONS: "halt_on_error=1:second_deadlock_stack=1",
};

type Case = { name: string; status: string; result: string; failures?: unknown[] };

// Google Test's own report; without one (it crashed) what it had printed until then, and one failure for the crash.
function countOfGtest(report: string, finished: Finished): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  if (existsSync(report)) {
    const suites: { testsuite: Case[] }[] = JSON.parse(readFileSync(report, "utf8")).testsuites;
    for (const test of suites.flatMap((suite) => suite.testsuite)) {
      if (test.failures?.length) ++count.failed;
      else if (test.result === "SKIPPED" || test.status === "NOTRUN") ++count.skipped;
      else ++count.passed;
    }
  } else {
    count.passed = finished.output.match(/^\[ {7}OK \]/gm)?.length ?? 0;
  }
  if (finished.status !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

// ThreadSanitizer needs the address layout of older kernels; setarch gives it, where it is allowed to.
async function launcher(preset: string): Promise<string[]> {
  if (preset !== "tsan") return [];
  return (await run("setarch", ["-R", "true"])).status === 0 ? ["setarch", "-R"] : [];
}

async function unitTests(preset: string): Promise<void> {
  const binaries = globSync(`build/${preset}/*_test`).sort();
  const prefix = await launcher(preset);
  if (binaries.length === 0) add(`unit (${preset})`, { passed: 0, failed: 1, skipped: 0 }, Date.now());
  for (const binary of binaries) {
    const started = Date.now();
    const report = `${reports}/${preset}-${basename(binary)}.json`;
    const [command, ...args] = [...prefix, binary, `--gtest_output=json:${report}`, "--gtest_brief=0"];
    const finished = await run(command!, args, { env: sanitizers });
    const count = countOfGtest(report, finished);
    if (count.failed > 0) console.log(finished.output.replace(/^\[ +(RUN|OK) +\].*\n/gm, "").slice(-20_000));
    add(`${basename(binary)} (${preset})`, count, started);
  }
}

// Every kept input of every fuzz target once; a target is one test.
async function corpora(preset: string): Promise<void> {
  for (const source of globSync("fuzz/*_fuzz.cc").sort()) {
    const target = basename(source, "_fuzz.cc");
    const corpus = `fuzz/corpus/${target}`;
    await check(`corpus of ${target} (${preset})`, `build/${preset}/fuzz/${target}_replay`, existsSync(corpus) ? [corpus] : [], {
      env: sanitizers,
    });
  }
}

// node --test with its readable report for us and the TAP sums for the count.
async function nodeTests(folder: string, preset: string): Promise<void> {
  const files = globSync(`tests/${folder}/**/*.test.ts`).sort();
  const started = Date.now();
  const report = `${reports}/${folder}-${preset}.tap`;
  const binary = (name: string) => join("build", preset, name);
  const finished = await run(
    process.execPath,
    ["--test", "--test-concurrency=1", "--test-timeout=300000", "--test-reporter=spec", "--test-reporter-destination=stdout"]
      .concat("--test-reporter=tap", `--test-reporter-destination=${report}`, "--disable-warning=ExperimentalWarning", files),
    {
      env: { ...sanitizers, VALETKEY_BIN: binary("valetkey"), VALETKEY_EMULATOR_BIN: binary("valetkey-emulator"), VALETKEY_PRESET: preset },
      minutes: 30,
    },
  );
  const tap = existsSync(report) ? readFileSync(report, "utf8") : "";
  const sum = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(tap)?.[1] ?? 0);
  const count: Count = { passed: sum("pass"), failed: sum("fail") + sum("cancelled"), skipped: sum("skipped") + sum("todo") };
  if ((finished.status !== 0 || !/^# pass \d+$/m.test(tap) || files.length === 0) && count.failed === 0) count.failed = 1;
  if (count.failed > 0) console.log(finished.output.slice(-40_000));
  add(`${folder} (${preset})`, count, started);
}

async function formatted(): Promise<void> {
  await check("format", "bash", ["-o", "pipefail", "-c", "tools/sources | xargs -0 clang-format-16 --dry-run -Werror"]);
}

// What was asked for on the command line.
const presets = ["debug", "asan", "tsan", "release"];
const words = process.argv.slice(2);
const preset = words.find((word) => presets.includes(word));
const named = words.filter((word) => !presets.includes(word));
const all = ["includes", "format", "types", "unit", "corpora", "integration", "e2e", "conformance"];
for (const word of named.filter((name) => !all.includes(name))) {
  console.error(`no such suite: ${word}; there are: ${all.join(" ")}`);
  process.exit(2);
}
const suites = named.length ? named : preset ? ["unit", "integration"] : all;
const wanted = (suite: string) => suites.includes(suite);
const checked = preset ?? "asan"; // unit and integration find more there
const shipped = preset ?? "release"; // what people run, end to end

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const started = Date.now();
if (wanted("includes")) await check("includes", process.execPath, ["tools/check_includes"]);
if (wanted("format")) await formatted();
if (wanted("types")) {
  await check("types", "node_modules/.bin/tsc", ["-p", "tests"]);
  await check("types of the pages", "node_modules/.bin/tsc", ["-p", "web"]);
}
if (["unit", "corpora", "integration"].some(wanted) && (await build(checked))) {
  if (wanted("unit")) await unitTests(checked);
  if (wanted("corpora")) await corpora(checked);
  if (wanted("integration")) await nodeTests("integration", checked);
}
if (["e2e", "conformance"].some(wanted) && (await build(shipped, ["valetkey", "valetkey-emulator"]))) {
  if (wanted("e2e")) await nodeTests("e2e", shipped);
  if (wanted("conformance")) await nodeTests("conformance", shipped);
}

const minutes = ((Date.now() - started) / 60_000).toFixed(1);
console.log(`reports in ${reports} (${readdirSync(reports).length} files); ${minutes} minutes`);
for (const name of broken) console.log(`failed: ${name}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
