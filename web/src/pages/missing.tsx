import { ButtonLink } from "../parts/button.tsx";
import { Card } from "../parts/card.tsx";
import { Heading } from "../parts/heading.tsx";

export default function Missing() {
  return (
    <div className="page page-narrow">
      <Card>
        <Heading>There is no such page</Heading>
        <p>The address may be misspelt, or the page was moved.</p>
        <ButtonLink to="/">To the start page</ButtonLink>
      </Card>
    </div>
  );
}
