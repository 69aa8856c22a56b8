// unfold takes a window of exactly 1280 pixels, which many laptops have, for too small for the menu
// beside the page, though its styles have room for it there.
document.addEventListener("alpine:initialized", () => {
  if (window.innerWidth === 1280 && localStorage.getItem("sidebarOpen") !== "0") {
    window.Alpine.$data(document.documentElement).sidebarOpen = true;
  }
});
