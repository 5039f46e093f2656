import Markdown, { type Components } from "react-markdown";

// Text of memories is somebody's: links leave without a trace, and pictures are named, not fetched.
const COMPONENTS: Components = {
  a: ({ href, children }) =>
    href !== undefined && /^https?:/i.test(href) ? (
      <a href={href} rel="noreferrer noopener nofollow" target="_blank">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  img: ({ alt, src }) => <span className="soft">[image: {alt === undefined || alt === "" ? src : alt}]</span>,
};

/** Text as Markdown. HTML in it is shown as the text that it is, and only http(s) links are links. */
export default function Prose({ text }: { text: string }) {
  return (
    <div className="prose">
      <Markdown components={COMPONENTS}>{text}</Markdown>
    </div>
  );
}
