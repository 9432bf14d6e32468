const search = document.querySelector("nav input");
const entries = [...document.querySelectorAll("nav li")];
search.hidden = false;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase();
  for (const entry of entries) entry.hidden = !entry.textContent.toLowerCase().includes(words);
});
