export default function NotFound() {
  return (
    <>
      <h1>Page not found</h1>
      <p>
        <a href="/donate">Go to the giving page</a>
      </p>
    </>
  );
}
