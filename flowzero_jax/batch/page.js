"use strict";
// Shows the jobs that page.py has put into this file. All of their text is set as text, never as
// markup, and the endings of their files have been checked there.

const JOBS_PER_PAGE = 60;
const data = JSON.parse(document.getElementById("data").textContent);
for (const job of data.jobs) nameFiles(job);
const part = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const state = { query: "", status: "", page: 0 };
let found = []; // The jobs that the filter lets through.
let texts = null; // What is searched of every job, made when it is first needed.
let opened = -1; // The place of the job in the dialog among those found.

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Of each of a job's files the data has the ending alone.
function nameFiles(job) {
  const folders = { video: "videos", poster: "pictures", plan_picture: "pictures", plan: "plans", record: "records" };
  for (const [kind, folder] of Object.entries(folders)) {
    if (job[kind]) job[kind] = `${folder}/${job.id}${job[kind]}`;
  }
}

function searchable(job) {
  const settings = Object.entries(job.settings).map(([name, value]) => `${name} ${value}`);
  const error = job.error ? [job.error.type, job.error.message] : [];
  return [job.prompt, job.label, `seed ${job.seed}`, ...settings, ...error].join("\n").toLowerCase();
}

// Jobs with every word, and every "group of words", of what is searched; an id by its beginning.
function search() {
  const groups = state.query.toLowerCase().match(/"[^"]+"|[^\s"]+/g) || [];
  const words = groups.map((group) => group.replaceAll('"', ""));
  if (words.length && !texts) texts = data.jobs.map(searchable);
  found = data.jobs.filter(
    (job, place) =>
      (!state.status || job.status === state.status) &&
      words.every((word) => texts[place].includes(word) || job.id.startsWith(word)),
  );
}

// Settings that differ from the usual.
function differing(job) {
  return Object.entries(job.settings).map(([name, value]) => `${name} ${shown(value)}`);
}

function shown(value) {
  return typeof value === "string" && value ? value : JSON.stringify(value);
}

function facts(job) {
  const size = job.size ? [`${job.size[0]} frames, ${job.size[2]}×${job.size[1]}`] : [];
  const seed = job.seed === undefined ? [] : [`seed ${job.seed}`];
  return [...(job.label === undefined ? [] : [job.label]), ...seed, ...size, ...differing(job)];
}

// A picture, in whose place a word stands if its file is gone.
function picture(file, alternative) {
  const image = element("img", { src: file, alt: alternative, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(blank("file not found")));
  return image;
}

function blank(text) {
  return element("span", { className: "blank", textContent: text });
}

// The video as something to look at; null if there is none, or no browser shows its kind.
function moving(job, controls) {
  const ending = job.video ? job.video.split(".").pop() : "";
  if (["gif", "webp", "apng", "png"].includes(ending)) return picture(job.video, "The video");
  if (ending !== "mp4") return null;
  const video = element("video", { src: job.video, loop: true, muted: true, playsInline: true });
  video.controls = controls;
  video.autoplay = !still.matches;
  if (job.poster) video.poster = job.poster;
  return video;
}

function card(job, place) {
  const look = element("button", { className: "look", type: "button" });
  look.setAttribute("aria-label", `Open: ${job.prompt || job.id}`);
  const pictures = [];
  if (job.poster) pictures.push(picture(job.poster, ""));
  if (job.plan_picture) pictures.push(picture(job.plan_picture, ""));
  if (pictures.length === 1) pictures[0].classList.add("only");
  look.append(...(pictures.length ? pictures : [blank(job.status)]));
  look.addEventListener("click", () => openJob(place));
  if (job.poster) playOnHover(look, job, pictures[0]);
  const made = element("article", { className: `job ${job.status}` }, look);
  made.append(element("p", { className: "prompt", dir: "auto", textContent: job.prompt }));
  made.append(element("p", { className: "facts", textContent: facts(job).join(" · ") }));
  if (job.error) {
    made.append(element("p", { className: "error bad", textContent: job.error.message }));
  }
  return made;
}

function playOnHover(look, job, poster) {
  let video = null;
  look.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "mouse" || still.matches || !poster.isConnected) return;
    video = moving(job, false);
    if (!video) return;
    video.className = poster.className;
    poster.replaceWith(video);
  });
  look.addEventListener("pointerleave", () => {
    if (video && video.isConnected) video.replaceWith(poster);
    video = null;
  });
}

function openJob(place) {
  opened = place;
  const job = found[place];
  const picturesShown = [moving(job, true) || (job.poster && picture(job.poster, "A frame"))];
  if (job.plan_picture) picturesShown.push(picture(job.plan_picture, "The plan"));
  part("job-pictures").replaceChildren(...picturesShown.filter(Boolean));
  part("job-prompt").textContent = job.prompt;
  const rows = [["status", job.status], ["id", job.id], ["label", job.label], ["seed", job.seed]];
  if (job.error) rows.push(["error", `${job.error.type}: ${job.error.message}`]);
  if (job.size) rows.push(["video", `${job.size[0]} frames, ${job.size[2]}×${job.size[1]} pixels`]);
  rows.push(["fps", job.fps], ...Object.entries(job.settings));
  const given = rows.filter(([, value]) => value !== undefined);
  part("job-facts").replaceChildren(
    ...given.flatMap(([name, value]) => [
      element("dt", { textContent: name }),
      element("dd", { dir: "auto", textContent: shown(value) }),
    ]),
  );
  const links = [["video", job.video], ["plan", job.plan], ["record", job.record]];
  part("job-links").replaceChildren(
    ...links.filter(([, file]) => file).map(([name, file]) => link(name, file)),
  );
  part("previous-job").disabled = place === 0;
  part("next-job").disabled = place === found.length - 1;
  if (!part("job").open) part("job").showModal();
}

function link(text, file) {
  return element("a", { href: file, textContent: text });
}

function step(by) {
  const place = opened + by;
  if (place >= 0 && place < found.length) openJob(place);
}

function show() {
  const pages = Math.max(1, Math.ceil(found.length / JOBS_PER_PAGE));
  state.page = Math.min(Math.max(state.page, 0), pages - 1);
  const first = state.page * JOBS_PER_PAGE;
  const jobs = found.slice(first, first + JOBS_PER_PAGE);
  part("jobs").replaceChildren(...jobs.map((job, k) => card(job, first + k)));
  part("shown").textContent = found.length
    ? `${first + 1}–${first + jobs.length} of ${found.length.toLocaleString("en")}`
    : "No job is like this.";
  part("page").replaceChildren(
    ...Array.from({ length: pages }, (_, k) => new Option(`Page ${k + 1} of ${pages}`, k)),
  );
  part("page").value = state.page;
  part("previous-page").disabled = state.page === 0;
  part("next-page").disabled = state.page === pages - 1;
}

function goTo(page) {
  state.page = page;
  show();
  remember();
  scrollTo(0, 0);
  part("jobs").focus({ preventScroll: true });
}

// What is shown is in the address, so that reloading and sharing keep it.
function remember() {
  const kept = Object.entries(state).filter(([, value]) => value);
  location.replace(`#${new URLSearchParams(kept)}`);
}

function recall() {
  const kept = new URLSearchParams(location.hash.slice(1));
  state.query = kept.get("query") || "";
  state.status = kept.get("status") in data.counts ? kept.get("status") : "";
  state.page = Number.parseInt(kept.get("page"), 10) || 0;
  part("query").value = state.query;
  part("status").value = state.status;
}

function refilter() {
  state.query = part("query").value;
  state.status = part("status").value;
  state.page = 0;
  search();
  show();
  remember();
}

function head() {
  const counts = Object.entries(data.counts);
  document.title = data.title;
  part("title").textContent = data.title;
  part("counts").replaceChildren(
    ...counts.map(([status, count]) =>
      element("span", {
        className: status === "failed" && count ? "bad" : "",
        textContent: `${count.toLocaleString("en")} ${status}   `,
      }),
    ),
  );
  part("status").append(new Option("all", ""), ...counts.map(([status]) => new Option(status)));
  const usual = Object.entries(data.usual).map(([name, value]) => `${name} ${shown(value)}`);
  part("usual").textContent = usual.join(" · ");
  part("usual-box").hidden = !usual.length;
  if (data.parts.length > 1) {
    part("parts").append(
      "Each file has a part of the jobs, and searches that part: ",
      ...data.parts.map((file, k) =>
        k === data.part ? element("b", { textContent: `${k + 1} ` }) : link(String(k + 1), file),
      ),
    );
  }
}

part("query").addEventListener("input", refilter);
part("status").addEventListener("change", refilter);
part("filter").addEventListener("submit", (event) => event.preventDefault());
part("page").addEventListener("change", () => goTo(Number(part("page").value)));
part("previous-page").addEventListener("click", () => goTo(state.page - 1));
part("next-page").addEventListener("click", () => goTo(state.page + 1));
part("previous-job").addEventListener("click", () => step(-1));
part("next-job").addEventListener("click", () => step(1));
part("close").addEventListener("click", () => part("job").close());
part("job").addEventListener("close", () => part("job-pictures").replaceChildren());
part("job").addEventListener("keydown", (event) => {
  if (event.target.tagName === "VIDEO") return; // There the arrows seek.
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});

head();
recall();
search();
show();
