// Ticking a row chooses "the ticked rows"; without this, the choice below the table does the same.
for (const form of document.querySelectorAll(".table-deeds")) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "pk") form.querySelector('[name="which"][value="some"]').checked = true;
  });
}
