import { ButtonLink } from "../parts/button.tsx";
import { CardPage } from "../parts/card.tsx";

export default function Missing() {
  return (
    <CardPage title="There is no such page">
      <p>The address may be misspelt, or the page was moved.</p>
      <ButtonLink to="/">To the start page</ButtonLink>
    </CardPage>
  );
}
