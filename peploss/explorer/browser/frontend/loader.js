// Streamlit carries this stub with every update, so it is all that is inlined; the rest comes from a cached address.
let module = null;
try {
  module = await import(new URL("__BASE__/peploss.js", document.baseURI).href);
} catch (error) {
  console.error(error);
}
export default function (component) {
  if (module) return module.default(component);
  component.parentElement.querySelector(".pl").textContent =
    "The plot's scripts did not arrive. Start the app with: streamlit run app.py";
}
