// Looking into a store from outside the code under test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/sql/temporary_database.h"

namespace valetkey::accounts::testing_support {

inline void run_on(sql::Database& database, const char* text, const std::vector<sql::Value>& parameters) {
  const sql::Statement statement{text};
  auto done = database.write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_CHECK(transaction.run(statement, parameters));
    return {};
  });
  ASSERT_TRUE(done.ok()) << done.error().detail;
}

// What SELECT COUNT(*) or the like answers; -1 and a failed test when it does not.
inline int64_t count_in(sql::Database& database, const char* text) {
  int64_t found = -1;
  const sql::Statement statement{text};
  auto done = database.write_now([&](sql::Transaction& transaction) -> Result<void> {
    VK_TRY(sql::Rows rows, transaction.run(statement));
    found = rows.at(0).integer(0);
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().detail;
  return found;
}

// What who stole it finds: the rows of these queries (literals: see sql::Statement), and of SQLite all bytes
// of all files.
inline std::string stolen_bytes(sql::TemporaryDatabase& store, const std::vector<const char*>& queries) {
  std::string all;
  for (const char* query : queries) {
    const sql::Statement statement{query};
    auto done = store->write_now([&](sql::Transaction& transaction) -> Result<void> {
      VK_TRY(sql::Rows rows, transaction.run(statement));
      for (const sql::Row& row : rows) {
        for (size_t column = 0; column < row.size(); ++column)
          all += row.text(column) + row.blob(column) + "\n";
      }
      return {};
    });
    EXPECT_TRUE(done.ok()) << query;
  }
  if (!store.url().starts_with("sqlite:")) return all;
  const auto directory = std::filesystem::path(store.url().substr(7)).parent_path();
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    std::ifstream stream(file.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(stream), {});
  }
  return all;
}

}  // namespace valetkey::accounts::testing_support
