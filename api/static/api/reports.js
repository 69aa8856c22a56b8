// A file that is being made is asked for until it is ready. Two fields show only for days of one's own.
for (const file of document.querySelectorAll("[data-progress]")) follow(file);

async function follow(file) {
  const bar = file.querySelector("progress");
  const words = file.querySelector("[data-words]");
  const answer = await fetch(file.dataset.progress, { credentials: "same-origin" }).catch(() => null);
  if (answer?.redirected || answer?.status === 404) return location.reload();
  if (answer?.ok) {
    const told = await answer.json();
    if (!told.is_under_way) return location.reload();
    bar.value = told.progress;
    words.textContent = told.words;
  }
  setTimeout(follow, 1000, file);
}

const period = document.getElementById("id_period");
const days = document.querySelectorAll('[data-field="from"], [data-field="to"]');
function show() {
  for (const day of days) day.hidden = period.value !== "own";
}
if (period && days.length) {
  period.addEventListener("change", show);
  show();
}
