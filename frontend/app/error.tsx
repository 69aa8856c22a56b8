"use client";

export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <>
      <h1>The page could not be opened</h1>
      <p>Nothing was charged by this page. Please try again in a moment.</p>
      <button type="button" className="main" onClick={reset}>
        Try again
      </button>
    </>
  );
}
