// unfold takes a window of exactly 1280 pixels, which many laptops have, for too small for the menu
// beside the page, though its styles have room for it there.
document.addEventListener("alpine:init", () => {
  const unfolds = window.theme;
  window.theme = (...chosen) => {
    const page = unfolds(...chosen);
    const opens = () => window.innerWidth >= 1280 && localStorage.getItem("sidebarOpen") !== "0";
    page.sidebarOpen = opens();
    page.themeBindings["x-resize.window"] = function resized() {
      this.sidebarOpen = opens();
    };
    return page;
  };
});
