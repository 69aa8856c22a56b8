// While a comparison runs its panel is asked for again; once it is over the page shows the figures anew.
const panel = document.getElementById("fin-panel");

async function look() {
  const answer = await fetch(panel.dataset.progress, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return location.reload();
  if (answer.headers.get("X-Under-Way") === "no") return location.reload();
  panel.innerHTML = await answer.text();
  setTimeout(look, 1000);
}

if (panel?.dataset.underWay === "yes") setTimeout(look, 1000);

// Unfold's own script would write the file's name into the text field beside it.
const file = document.getElementById("fin-file");
if (file) file.hasChangeListener = true;
