module github.com/lanewise/lanewise

go 1.26
